"""One table: holdstill beside what others would use, CPU per 1080p frame and error of the flow. `make bench` runs it.

    peers.py BINARY STILL

CPU is user + system, best of ROUNDS interleaved rounds: on a shared machine only ratios carry over.
Needs OpenCV and scikit-image, which scripts/peers installs into a throw-away environment, and the ffmpeg command.
"""

import math
import os
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile
import time

ROUNDS = 3
FRAMES = 120
MOTION = (
    "zoompan=z='1+0.0012*on':x='(iw-iw/zoom)/2+60*sin(on/25)':y='(ih-ih/zoom)/2+40*cos(on/31)'"
    f":d={FRAMES}:s=1920x1080:fps=24,noise=alls=4:allf=t,format=yuv420p"
)
# what a Python user writes today: dense flow and structural similarity of every frame against the still
PYTHON_FRAMES = 12
PYTHON = """
import sys, cv2
from skimage.metrics import structural_similarity
cv2.setNumThreads(1)
clip, seed, frames = cv2.VideoCapture(sys.argv[1]), cv2.imread(sys.argv[2], cv2.IMREAD_GRAYSCALE), int(sys.argv[3])
flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
for _ in range(frames):
    gray = cv2.cvtColor(clip.read()[1], cv2.COLOR_BGR2GRAY)
    flow.calc(seed, gray, None)
    structural_similarity(seed, gray)
"""
# DIS on two pictures, their flow found and written as often as asked, and each time found `looks` times
DIS = """
import sys, cv2
cv2.setNumThreads(1)
out, preset, times, looks, first, second = sys.argv[1:]
flow = cv2.DISOpticalFlow_create(getattr(cv2, "DISOPTICAL_FLOW_PRESET_" + preset))
for _ in range(int(times)):
    pictures = [cv2.imread(path, cv2.IMREAD_GRAYSCALE) for path in (first, second)]
    for _ in range(int(looks)):
        found = flow.calc(*pictures, None)
    cv2.writeOpticalFlow(out, found)
"""
MORE = "6"


def cpu_secs(command):
    def spent():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = spent()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {command[0]} failed\n{done.stderr}")
    return spent() - before


def best(commands):
    """Least CPU seconds of each command, the commands taking turns."""
    rounds = [[cpu_secs(command) for command in commands] for _ in range(ROUNDS)]
    return [min(times) for times in zip(*rounds)]


def pair(still, folder, number, reach):
    """Two pictures and their exact flow: `first(x) = still(x + flow(x))`, smooth motion of up to `reach` pixels."""
    import cv2
    import numpy as np

    picture = cv2.imread(str(still))
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    turn = 2 * math.pi / width
    u = reach * (0.6 * np.sin(turn * (2 * y + 0.7 * x) + number) + 0.4 * np.cos(turn * 3 * x))
    v = reach * (0.5 * np.cos(turn * (2.3 * x - y) + number) + 0.3 * np.sin(turn * 4 * y))
    first, second = folder / f"{number}a.bmp", folder / f"{number}b.bmp"
    moved = cv2.remap(picture, x + u, y + v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    cv2.imwrite(str(first), moved)
    cv2.imwrite(str(second), picture)
    inside = (x + u >= 0) & (x + u < width) & (y + v >= 0) & (y + v < height)
    return first, second, np.dstack([u, v]), inside


def error_px(path, truth, inside):
    """Mean end-point error of a .flo file where the truth stays inside the picture."""
    import numpy as np

    data = path.read_bytes()
    width, height = struct.unpack("<ii", data[4:12])
    found = np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2)
    return float(np.hypot(*(found - truth).transpose(2, 0, 1))[inside].mean())


def flows(binary, still, folder):
    """(name, CPU milliseconds alone, with files, geometric mean of the end-point errors) of every method.

    Alone is what one more look at the same two pictures in memory costs; no start, no file counts, ours or theirs. With
    files is the whole `holdstill flow` command, and for OpenCV one more pair read and written, without Python's start.
    """
    pairs = [pair(still, folder, number, reach) for number, reach in enumerate((1.5, 6, 20))]
    out, timed = folder / "found.flo", pairs[1][:2]
    again = binary.parent / "examples" / "again"
    methods = []
    for name in ("FAST", "MEDIUM"):
        command = [sys.executable, "-c", DIS, out, name]
        costs = [[*command, "1", "1", *timed], [*command, "1", MORE, *timed], [*command, MORE, "1", *timed]]
        methods.append((f"OpenCV DIS {name.lower()}", [*command, "1", "1"], costs))
    for name in ("fast", "medium", "fine"):
        command = [binary, "flow", "-o", out, "--preset", name]
        costs = [[again, name, "1", *timed], [again, name, MORE, *timed], [*command, *timed]]
        methods.append((f"holdstill flow --preset {name}", command, costs))
    spent = iter(best([command for _, _, costs in methods for command in costs]))
    results = []
    for (name, command, _), (once, looks, whole) in zip(methods, zip(spent, spent, spent)):
        errors = []
        for first, second, truth, inside in pairs:
            cpu_secs([*command, first, second])
            errors.append(error_px(out, truth, inside))
        more = int(MORE) - 1
        files = (whole - once) / more if name.startswith("OpenCV") else whole
        error = math.exp(sum(map(math.log, errors)) / len(errors))
        results.append((name, 1000 * (looks - once) / more, 1000 * files, error))
    return results


def scores(binary, still, folder):
    """(name, CPU milliseconds per frame) of decoding, of scoring, and of what a Python user writes."""
    clip = folder / "clip.mp4"
    cpu_secs(["ffmpeg", "-v", "error", "-loop", "1", "-i", still, "-vf", MOTION, "-frames:v", str(FRAMES),
              "-c:v", "libx264", "-preset", "medium", "-crf", "21", clip])
    python = [sys.executable, "-c", PYTHON, clip, still]
    decode, score, start, more = best([
        ["ffmpeg", "-v", "error", "-threads", "2", "-i", clip, "-f", "null", "-"],
        [binary, "score", clip, "--seed", still],
        [*python, "2"],
        [*python, str(2 + PYTHON_FRAMES)],
    ])
    return [
        ("decode only (ffmpeg -threads 2 -f null)", 1000 * decode / FRAMES),
        ("holdstill score, whole process", 1000 * score / FRAMES),
        ("Python: DIS medium + SSIM, without imports", 1000 * (more - start) / PYTHON_FRAMES),
    ]


def second_core(binary, still, folder):
    """(name, how many times as fast with a second core) by the wall clock: other work on the machine spoils it.

    Of flow it is what one more costs, as above; of `score` it is the whole process.
    """
    cores = sorted(os.sched_getaffinity(0))[:2]
    pair = folder / "1a.bmp", folder / "1b.bmp"
    again = [binary.parent / "examples" / "again", "fine"]
    commands = [[*again, "1", *pair], [*again, "20", *pair], [binary, "score", folder / "clip.mp4", "--seed", still]]

    def wall_secs(command, count):
        begun = time.perf_counter()
        subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, cores[:count]),
        )
        return time.perf_counter() - begun

    rounds = [[wall_secs(command, count) for command in commands for count in (1, 2)] for _ in range(ROUNDS)]
    once_1, once_2, many_1, many_2, score_1, score_2 = (min(times) for times in zip(*rounds))
    yield "flow --preset fine, 1080p, in memory", (many_1 - once_1) / (many_2 - once_2)
    yield "score, whole process", score_1 / score_2


def main():
    binary, still = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    os.environ["NO_COLOR"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        scene = folder / "scene.png"
        cpu_secs(["ffmpeg", "-v", "error", "-i", still, "-vf", "scale=1920:-2,crop=1920:1080", "-frames:v", "1", scene])
        table = scores(binary, scene, folder)
        decode = table[0][1]
        print("| 1080p H.264, per frame | CPU ms | ÷ decode |\n|---|---|---|")
        for what, cpu in table:
            print(f"| {what} | {cpu:.1f} | {cpu / decode:.1f} |", flush=True)
        table = flows(binary, scene, folder)
        medium = table[1]
        print("\n| 1080p pair, exact flow | CPU ms | ÷ DIS medium | with files | ÷ DIS medium | error px | ÷ DIS medium |")
        print("|---|---|---|---|---|---|---|")
        for what, *figures in table:
            cells = (f"{figure:.3g} | {figure / of:.2f}" for figure, of in zip(figures, medium[1:]))
            print(f"| {what} | {' | '.join(cells)} |")
        print(f"\n| two cores against one, wall (load average {os.getloadavg()[0]:.1f}) | × |\n|---|---|")
        for what, ratio in second_core(binary, scene, folder):
            print(f"| holdstill {what} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
