//! ImageNet's 1,000 classes: their names, and the kinds of things that they are.

use std::ops::RangeInclusive;

static NAMES: &str = include_str!("../data/imagenet_classes.txt");

/// The names of the classes, in their order. Several names of one class are separated by commas.
pub fn class_names() -> Vec<String> {
    NAMES.lines().map(|line| line.trim_end_matches([',', ' ']).to_owned()).collect()
}

/// Whether these are ImageNet's classes.
pub(crate) fn is_imagenet(names: &[String]) -> bool {
    names.len() == 1000 && *names == class_names()
}

/// The classes of a kind, if it is one of those here; `word` in small letters and the singular.
pub(crate) fn kind(word: &str) -> Option<Vec<usize>> {
    let found = KINDS.iter().find(|(words, _)| words.contains(&word));
    found.map(|(_, ranges)| ranges.iter().cloned().flatten().collect())
}

type Kind = (&'static [&'static str], &'static [RangeInclusive<usize>]);

/// Kinds whose members don't all have the word in their names, as WordNet has them.
const KINDS: &[Kind] = &[
    (
        &["car", "automobile", "auto"],
        &[
            407..=407, // ambulance
            436..=436, // beach wagon
            468..=468, // cab
            511..=511, // convertible
            609..=609, // jeep
            627..=627, // limousine
            656..=656, // minivan
            661..=661, // Model T
            751..=751, // racer
            817..=817, // sports car
        ],
    ),
    // Fire engine, garbage truck, pickup, tow truck, trailer truck.
    (&["truck", "lorry"], &[555..=555, 569..=569, 717..=717, 864..=864, 867..=867]),
    // Minibus, school bus, trolleybus.
    (&["bus"], &[654..=654, 779..=779, 874..=874]),
    // Tandem, mountain bike.
    (&["bicycle", "bike"], &[444..=444, 671..=671]),
    // Bullet train, freight car, passenger car, and two locomotives.
    (&["train"], &[466..=466, 547..=547, 565..=565, 705..=705, 820..=820]),
    // Airliner, warplane.
    (&["airplane", "aeroplane", "plane"], &[404..=404, 895..=895]),
    (
        &["boat", "ship"],
        &[
            403..=403, // aircraft carrier
            472..=472, // canoe
            484..=484, // catamaran
            510..=510, // container ship
            554..=554, // fireboat
            576..=576, // gondola
            625..=625, // lifeboat
            628..=628, // liner
            724..=724, // pirate ship
            780..=780, // schooner
            814..=814, // speedboat
            833..=833, // submarine
            871..=871, // trimaran
            914..=914, // yawl
        ],
    ),
    (&["dog"], &[151..=268]),
    (&["cat"], &[281..=285]),
    (&["wolf"], &[269..=271]),
    (&["fox"], &[277..=280]),
    (&["bear"], &[294..=297]),
    (&["monkey"], &[370..=382]),
    (&["ape"], &[365..=369]),
    (&["bird"], &[7..=24, 80..=100, 127..=146]),
    (&["fish"], &[0..=6, 389..=397]),
    (&["shark"], &[2..=4]),
    (&["snake"], &[52..=68]),
    (&["lizard"], &[38..=48]),
    (&["turtle"], &[33..=37]),
    (&["frog"], &[30..=32]),
    (&["spider"], &[72..=77]),
    (&["insect"], &[300..=326]),
    (&["butterfly"], &[321..=326]),
    (&["beetle"], &[300..=307]),
    (&["rabbit"], &[330..=332]),
    (&["crab"], &[118..=121, 125..=125]),
    (&["whale"], &[147..=148]),
    (&["elephant"], &[385..=386]),
    (&["fruit"], &[948..=957]),
    // Daisy, yellow lady's slipper.
    (&["flower"], &[985..=986]),
    (&["mushroom", "fungus"], &[947..=947, 991..=997]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_thousand_names() {
        let names = class_names();
        assert_eq!(names.len(), 1000);
        assert!(is_imagenet(&names) && !is_imagenet(&names[1..]));
        assert_eq!(names[0], "tench, Tinca tinca");
        assert_eq!(names[2], "great white shark, white shark, man-eater, man-eating shark");
        assert_eq!(names[285], "Egyptian cat");
        assert_eq!(names[999], "toilet tissue, toilet paper, bathroom tissue");
    }

    #[test]
    fn the_kinds_begin_and_end_where_they_should() {
        let names = class_names();
        let borders = [
            ("car", "ambulance", "sports car"),
            ("truck", "fire engine", "trailer truck"),
            ("bus", "minibus", "trolleybus"),
            ("bike", "bicycle-built-for-two", "mountain bike"),
            ("train", "bullet train", "steam locomotive"),
            ("plane", "airliner", "warplane"),
            ("ship", "aircraft carrier", "yawl"),
            ("dog", "Chihuahua", "Mexican hairless"),
            ("cat", "tabby", "Egyptian cat"),
            ("wolf", "timber wolf", "red wolf"),
            ("fox", "red fox", "grey fox"),
            ("bear", "brown bear", "sloth bear"),
            ("monkey", "guenon", "squirrel monkey"),
            ("ape", "orangutan", "siamang"),
            ("bird", "cock", "albatross"),
            ("fish", "tench", "puffer"),
            ("shark", "great white shark", "hammerhead"),
            ("snake", "thunder snake", "sidewinder"),
            ("lizard", "banded gecko", "Komodo dragon"),
            ("turtle", "loggerhead", "box turtle"),
            ("frog", "bullfrog", "tailed frog"),
            ("spider", "black and gold garden spider", "wolf spider"),
            ("insect", "tiger beetle", "lycaenid"),
            ("butterfly", "admiral", "lycaenid"),
            ("beetle", "tiger beetle", "weevil"),
            ("rabbit", "wood rabbit", "Angora"),
            ("crab", "Dungeness crab", "hermit crab"),
            ("whale", "grey whale", "killer whale"),
            ("elephant", "Indian elephant", "African elephant"),
            ("fruit", "Granny Smith", "pomegranate"),
            ("flower", "daisy", "yellow lady's slipper"),
            ("fungus", "mushroom", "bolete"),
        ];
        assert_eq!(borders.len(), KINDS.len());
        for (word, first, last) in borders {
            let places = kind(word).unwrap();
            let ends = [places[0], *places.last().unwrap()];
            let ends = ends.map(|place| names[place].split(", ").next().unwrap());
            assert_eq!(ends, [first, last], "{word}");
        }
    }
}
