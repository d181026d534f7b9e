"""Brings packed arrays of research sets into the format that their authors publish.

    python unpack.py gtsrb NPZ DIR

needs NumPy. `gtsrb` takes arrays of images, labels and tracks, and writes into DIR what the training and test
archives of the German Traffic Sign Recognition Benchmark unpack to. The arrays say nothing of regions of
interest: the region of an image is the whole image.
"""

import sys
from pathlib import Path

import numpy as np

GTSRB_HEADER = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"


def write_ppm(path, pixels):
    height, width, _ = pixels.shape
    path.write_bytes(b"P6\n%d %d\n255\n" % (width, height) + pixels.tobytes())


def gtsrb_row(name, pixels, label):
    height, width, _ = pixels.shape
    return f"{name};{width};{height};0;0;{width - 1};{height - 1};{label}\n"


def gtsrb(npz, folder):
    arrays = np.load(npz)
    rows = {}
    frames = {}
    for pixels, label, track in zip(arrays["train_images"], arrays["train_labels"], arrays["train_tracks"]):
        kind, sign = track.split("_")
        assert int(kind) == label, f"track {track} has label {label}"
        frame = frames.get(track, 0)
        frames[track] = frame + 1
        of_class = folder / "GTSRB/Final_Training/Images" / kind
        of_class.mkdir(parents=True, exist_ok=True)
        name = f"{sign}_{frame:05}.ppm"
        write_ppm(of_class / name, pixels)
        rows.setdefault(of_class / f"GT-{kind}.csv", []).append(gtsrb_row(name, pixels, label))
    test = folder / "GTSRB/Final_Test/Images"
    test.mkdir(parents=True, exist_ok=True)
    for place, (pixels, label) in enumerate(zip(arrays["test_images"], arrays["test_labels"])):
        name = f"{place:05}.ppm"
        write_ppm(test / name, pixels)
        rows.setdefault(test / "GT-final_test.csv", []).append(gtsrb_row(name, pixels, label))
    for path, lines in rows.items():
        path.write_text(GTSRB_HEADER + "".join(lines))


SETS = {"gtsrb": gtsrb}

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in SETS:
        sys.exit(__doc__)
    SETS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
