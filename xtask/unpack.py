"""Unpacks arrays of images into the folders that their sets are published in.

    pip install numpy Pillow
    python xtask/unpack.py kermany kermany_train_64.npz data    # data/chest_xray/train/{NORMAL,PNEUMONIA}/NAME.jpeg
"""

import pathlib
import sys

import numpy as np
from PIL import Image


def kermany(npz: str, folder: str) -> None:
    """The arrays `images` [N, H, W] and `names` [N], such as `PNEUMONIA/person1_virus_6.jpeg`, as files of these
    names. They hold PNG, which loses nothing; what a name ends in tells readers nothing of the format."""
    arrays = np.load(npz)
    train = pathlib.Path(folder) / "chest_xray" / "train"
    for name, image in zip(arrays["names"], arrays["images"]):
        path = train / str(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path, format="png")
    print(f"{len(arrays['names'])} images are in {train}")


COMMANDS = {"kermany": kermany}

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
