"""Brings packed arrays of research sets into the format that their authors publish.

    pip install numpy Pillow
    python xtask/unpack.py gtsrb gtsrb_32_third.npz data      # data/GTSRB/Final_Training, Final_Test
    python xtask/unpack.py kermany kermany_train_64.npz data  # data/chest_xray/train/{NORMAL,PNEUMONIA}/NAME.jpeg
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

GTSRB_HEADER = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"


def gtsrb(npz: Path, folder: Path) -> None:
    """Images, labels and tracks as the folders of the German Traffic Sign Recognition Benchmark. The arrays say
    nothing of regions of interest: the region of an image is the whole image."""
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
        Image.fromarray(pixels).save(of_class / name)
        rows.setdefault(of_class / f"GT-{kind}.csv", []).append(gtsrb_row(name, pixels, label))
    test = folder / "GTSRB/Final_Test/Images"
    test.mkdir(parents=True, exist_ok=True)
    for place, (pixels, label) in enumerate(zip(arrays["test_images"], arrays["test_labels"])):
        name = f"{place:05}.ppm"
        Image.fromarray(pixels).save(test / name)
        rows.setdefault(test / "GT-final_test.csv", []).append(gtsrb_row(name, pixels, label))
    for path, lines in rows.items():
        path.write_text(GTSRB_HEADER + "".join(lines))


def gtsrb_row(name, pixels, label) -> str:
    height, width, _ = pixels.shape
    return f"{name};{width};{height};0;0;{width - 1};{height - 1};{label}\n"


def kermany(npz: Path, folder: Path) -> None:
    """The arrays `images` [N, H, W] and `names` [N], such as `PNEUMONIA/person1_virus_6.jpeg`, as files of these
    names. They hold PNG, which loses nothing; what a name ends in tells readers nothing of the format."""
    arrays = np.load(npz)
    train = folder / "chest_xray/train"
    for name, image in zip(arrays["names"], arrays["images"]):
        path = train / str(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path, format="png")


SETS = {"gtsrb": gtsrb, "kermany": kermany}

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in SETS:
        sys.exit(__doc__)
    SETS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
