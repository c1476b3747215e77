# The two commands: `make demo` shows the whole promise, `make test` proves it.
.PHONY: demo test lint bench setup clean

CARGO ?= cargo

demo: setup ## animate a product still with simulated faults, find them, mend them, open demo/report.html
	@$(CARGO) build --release --locked --quiet
	@target/release/holdstill demo --out demo

test: setup ## every test, in the profile that checks overflows
	@$(CARGO) test --locked --quiet

lint: setup ## formatting, clippy, documentation, benches that compile
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --locked --quiet --all-targets -- -D warnings
	@$(CARGO) clippy --locked --quiet --lib --no-default-features -- -D warnings
	@RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --quiet --no-deps
	@$(CARGO) bench --locked --quiet --no-run

bench: setup ## instructions of the kernels, then tables beside decoding, OpenCV, scikit-image and minterpolate
	@$(CARGO) bench --locked --quiet --bench instructions
	@$(CARGO) build --release --locked --quiet --bins --example again
	@./scripts/peers
	@$(CARGO) bench --locked --quiet --bench mend

setup: ## install what is missing: FFmpeg's libraries and command, clang, pkg-config
	@./scripts/setup

clean:
	@$(CARGO) clean
	@rm -rf demo
