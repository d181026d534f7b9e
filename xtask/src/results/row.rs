//! What is measured: a row of the table is an example, and where its figures are.

/// A row of the table.
pub(super) struct Row {
    /// What it is asked for by.
    pub(super) name: &'static str,
    /// The data and the model.
    pub(super) what: &'static str,
    /// What the number is.
    pub(super) figure: &'static str,
    /// A number for the same that others have published, and where.
    pub(super) published: Option<&'static str>,
    /// The example that measures it.
    pub(super) example: &'static str,
    /// The folder in `data/` that the example needs.
    pub(super) data: Option<&'static str>,
    /// Whether each seed is a run of its own, in a folder of its own.
    pub(super) each_seed: bool,
    /// Where `metrics.json` has the figures: one number, or one for each seed, or for each seed
    /// those of its folds.
    pub(super) values: &'static str,
    /// Where it has the seconds: one number, or parts of it.
    pub(super) seconds: &'static str,
    /// Digits behind the point.
    pub(super) decimals: usize,
}

/// The table, from easy to hard.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "digits",
        what: "digits (8×8), LeNet, five folds",
        figure: "test accuracy",
        published: None,
        example: "digits_folds",
        data: None,
        each_seed: false,
        values: "/accuracies",
        seconds: "/seconds",
        decimals: 4,
    },
    Row {
        name: "house_prices",
        what: "Ames house prices, five networks with embeddings, five folds",
        figure: "R² of the log price",
        published: None,
        example: "house_prices",
        data: None,
        each_seed: false,
        values: "/r2_networks",
        seconds: "/seconds",
        decimals: 4,
    },
    Row {
        name: "quadrants_connected",
        what: "a cat where none was in training, connected weights",
        figure: "test accuracy",
        published: None,
        example: "quadrants",
        data: None,
        each_seed: false,
        values: "/connected/accuracy_unseen_quadrant",
        seconds: "/connected/train_seconds",
        decimals: 3,
    },
    Row {
        name: "quadrants_shared",
        what: "a cat where none was in training, shared weights",
        figure: "test accuracy",
        published: None,
        example: "quadrants",
        data: None,
        each_seed: false,
        values: "/shared/accuracy_unseen_quadrant",
        seconds: "/shared/train_seconds",
        decimals: 3,
    },
    Row {
        name: "finetune_emoji",
        what: "emoji of another hand, nine categories, EfficientNet-Lite0 fine-tuned",
        figure: "test accuracy",
        published: None,
        example: "finetune_emoji",
        data: Some("emoji-twitter"),
        each_seed: false,
        values: "/test_accuracies",
        seconds: "/seconds",
        decimals: 4,
    },
    Row {
        name: "mnist",
        what: "MNIST, ResNet-9 of 16 to 128 channels, 4 epochs",
        figure: "test accuracy",
        published: Some("0.992, LeNet-5 (LeCun et al., 1998)"),
        example: "mnist",
        data: Some("mnist"),
        each_seed: true,
        values: "/test_accuracy",
        seconds: "/train_seconds",
        decimals: 4,
    },
    Row {
        name: "fashion",
        what: "Fashion-MNIST, ResNet-9 of 16 to 128 channels, 12 epochs",
        figure: "test accuracy",
        published: Some("0.949, ResNet-18 (the set's own list)"),
        example: "fashion",
        data: Some("fashion"),
        each_seed: true,
        values: "/test_accuracy",
        seconds: "/train_seconds",
        decimals: 4,
    },
    Row {
        name: "cifar10",
        what: "CIFAR-10, airbench94, 10 epochs",
        figure: "test accuracy",
        published: Some("0.940, airbench94 (Jordan, 2024)"),
        example: "cifar10",
        data: Some("cifar10"),
        each_seed: true,
        values: "/test_accuracy",
        seconds: "/train_seconds",
        decimals: 4,
    },
    Row {
        name: "signs",
        what: "traffic signs (GTSRB), a third of the frames at 32×32, validated by track, ResNet-9 of 16 to 128 channels, 12 epochs",
        figure: "test accuracy",
        published: Some("0.9884, people; 0.9946, 25 networks (Stallkamp et al., 2012)"),
        example: "signs",
        data: Some("gtsrb"),
        each_seed: true,
        values: "/test_accuracy",
        seconds: "/train_seconds",
        decimals: 4,
    },
];
