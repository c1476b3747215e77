//! `holdstill ledger`: where the money went.

use super::{
    Exit, Failure, Ui,
    order::{home, load_config},
};
use clap::ValueEnum;
use holdstill::store::{
    Ledger,
    ledger::{Grouping, Spending},
};
use owo_colors::OwoColorize;
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What the attempts are grouped by
    #[arg(long, value_name = "WHAT", default_value = "provider")]
    by: By,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Provider,
    Tier,
    Day,
}

pub(crate) fn run(args: &Args, ui: &Ui) -> Result<Exit, Failure> {
    let by = match args.by {
        By::Provider => Grouping::Provider,
        By::Tier => Grouping::Tier,
        By::Day => Grouping::Day,
    };
    let groups = Ledger::open(&home(&load_config()?)?)?.spending(by)?;
    if ui.is_json() {
        let groups: Vec<_> = groups.iter().map(json_of).collect();
        ui.envelope(&json!({ "schema": "holdstill/ledger/1", "groups": groups }));
    } else if groups.is_empty() {
        ui.say("nothing was spent yet");
    } else {
        ui.data(table(&groups));
    }
    Ok(Exit::Ok)
}

fn table(groups: &[Spending]) -> String {
    let head = format!(
        "{:<14} {:>8} {:>6} {:>10} {:>10} {:>10} {:>11}  {:<25}  in their own units",
        "group", "attempts", "clips", "estimate", "reserved", "settled", "accepted", "a second of accepted clip"
    );
    let mut text = head.bold().to_string();
    for group in groups {
        let second = group.per_accepted_second().map_or_else(|| "–".to_owned(), |cost| cost.to_string());
        let accepted = format!("{:.1} s", group.accepted_secs);
        let charged: Vec<_> = group.charged.iter().map(|(unit, count)| format!("{count} {unit}")).collect();
        let charged = if charged.is_empty() { "–".to_owned() } else { charged.join(", ") };
        let Spending { group, attempts, clips, estimated, reserved, settled, .. } = group;
        let [estimated, reserved, settled] = [estimated, reserved, settled].map(ToString::to_string);
        let _ = write!(
            text,
            "\n{group:<14} {attempts:>8} {clips:>6} {estimated:>10} {reserved:>10} {settled:>10} {accepted:>11}  \
             {second:<25}  {charged}"
        );
    }
    text
}

fn json_of(group: &Spending) -> Value {
    json!({
        "group": group.group,
        "attempts": group.attempts,
        "clips": group.clips,
        "estimated_micros": group.estimated,
        "reserved_micros": group.reserved,
        "settled_micros": group.settled,
        "charged": group.charged,
        "accepted_secs": group.accepted_secs,
        "micros_per_accepted_second": group.per_accepted_second(),
    })
}
