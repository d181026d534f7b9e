//! Text: encodings, pairs of sentences, and networks that translate.

use std::fs;

use plywood::autodiff::{Pass, Var};
use plywood::datasets::{
    BytePairEncoding, DataLoader, Dataset, EncodedPairs, SentencePairs, Split, TextPairs,
};
use plywood::layers::{
    AttentionMask, MultiheadAttention, PositionalEncoding, TransformerDecoderLayer,
};
use plywood::tensor::{Error, Result, Seed, Tensor};
use plywood::training::{Bleu, plots};
use plywood::zoo::{BeamSearch, Sampling, Translator, recipes, translation_transformer};

use super::Call;
use super::damage::{begun, damaged};
use super::draw::Draw;
use super::files::Folder;

const SOURCES: &[u8] = b"A dog runs.\nTwo men eat, and one sleeps.\n\nA cat.\n";
const TARGETS: &[u8] = "Un chien court.\nDeux hommes mangent, et un dort.\n\nUn chat.\n".as_bytes();
const MERGES: &[u8] = "#version: 0.2\nu n\n\u{120} un\nh o\n".as_bytes();

pub(super) const CALLS: &[Call] = &[
    ("BytePairEncoding", |draw| {
        let text = text(draw);
        let encoding = BytePairEncoding::learn([&text, &text], draw.size("vocab size"))?;
        let tokens = encoding.encode(&text);
        assert_eq!(encoding.decode(&tokens)?, text);
        let given: Vec<u32> = (0..3).map(|_| draw.size("token") as u32).collect();
        let _ = encoding.decode(&given);
        encoding.write(&mut Vec::new())?;
        encoding.token(given[0]).map(drop)
    }),
    ("BytePairEncoding::read, save, open", |draw| {
        let file = match draw.flag("begun") {
            true => begun(draw, b"#version: 0.2\na b\n"),
            false => damaged(draw, MERGES),
        };
        let encoding = BytePairEncoding::read(&file[..])?;
        let folder = Folder::of(draw, &[("merges.txt", &file)])?;
        encoding.save(folder.0.join("other"))?;
        BytePairEncoding::open(folder.0.join("merges.txt")).map(drop)
    }),
    ("TextPairs", |draw| {
        let (sources, targets) = (damaged(draw, SOURCES), damaged(draw, TARGETS));
        let folder = Folder::of(draw, &[("en", &sources), ("fr", &targets)])?;
        let columns = damaged(draw, b"A dog.\tUn chien.\n\nA cat.\tUn chat.\n");
        let _ = TextPairs::read_columns(&columns[..]);
        let _ = TextPairs::open_columns(folder.0.join("en"));
        let _ = TextPairs::open(folder.0.join("en"), folder.0.join("fr"));
        let pairs = TextPairs::read(&sources[..], &targets[..])?;
        pairs.notes().iter().for_each(|note| drop(note.to_string()));
        pairs.subset(&[draw.size("pair"), 0]).map(drop)
    }),
    ("EncodedPairs, DataLoader::batch_tokens", |draw| {
        let data = EncodedPairs::new(&TextPairs::read(SOURCES, TARGETS)?, &encoding()?)?;
        let _ = (data.lengths(draw.size("pair")), data.sample_name(0));
        let mut loader = DataLoader::new(&data).drop_last(draw.flag("drop last"));
        loader = loader.batch_tokens(draw.size("tokens"));
        if draw.flag("shuffled") {
            loader = loader.shuffle(Seed(1));
        }
        let _ = loader.batches();
        loader
            .epoch_from(draw.size("epoch"), draw.small("first", 4))
            .try_for_each(|batch| batch.map(drop))
    }),
    ("SentencePairs::to_translate", |draw| {
        let sentences: Vec<Vec<u32>> =
            (0..draw.small("sentences", 3)).map(|_| vec![7; draw.small("words", 4)]).collect();
        let sentences: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
        SentencePairs::to_translate(&sentences).map(drop)
    }),
    ("MultiheadAttention::keys_values, attend, PositionalEncoding::forward_from", |draw| {
        let layer = MultiheadAttention::new(4, 2, &mut draw.rng())?;
        let [x, memory] = ["x", "memory"].map(|name| Var::constant(draw.tensor(name, 3)));
        let mut pass = Pass::eval(&layer);
        let places = PositionalEncoding::config(4).places(draw.small("places", 9)).init()?;
        let _ = places.forward_from(&x, draw.size("first"), &mut pass);
        let _ = layer.attend(&x, &memory, &AttentionMask::default(), &mut pass);
        let known = layer.keys_values(&memory, &mut pass)?;
        layer.attend(&x, &known, &AttentionMask::causal(), &mut pass).map(drop)
    }),
    ("TransformerDecoder::cache, decode_next, DecoderCache::select", |draw| {
        let config =
            TransformerDecoderLayer::config(4, 2).feedforward(8).layers(draw.small("layers", 2));
        let decoder = config.decoder(None, &mut draw.rng())?;
        let mut pass = Pass::eval(&decoder);
        let memory = Var::constant(match draw.once_in(3) {
            true => draw.tensor("memory", 3),
            false => Tensor::ones([2, 3, 4]),
        });
        let mask = match draw.flag("masked") {
            true => AttentionMask::padding(&draw.tensor("padding", 2).map(|x| x > 0.0))?,
            false => AttentionMask::default(),
        };
        let mut cache = decoder.cache(&memory, &mask, &mut pass)?;
        let x = Var::constant(match draw.once_in(3) {
            true => {
                let axes = draw.small("axes", 4);
                draw.tensor("x", axes)
            }
            false => Tensor::ones([2, 1, 4]),
        });
        decoder.decode_next(&x, &mut cache, &mut pass)?;
        let places: Vec<u32> =
            (0..draw.small("rows", 3)).map(|_| draw.small("row", 3) as u32).collect();
        cache.select(&Tensor::from(places))?;
        decoder.decode_next(&x, &mut cache, &mut pass).map(drop)
    }),
    ("Translator", |draw| {
        let encoding = encoding()?;
        let words = match draw.once_in(4) {
            true => draw.size("words"),
            false => encoding.vocab_size(),
        };
        let config = translation_transformer(words, words)
            .dim(draw.small("dim", 8))
            .heads(draw.small("heads", 2))
            .layers(draw.small("layers", 2))
            .feedforward(8)
            .norm_first(draw.flag("norm first"))
            .tied(draw.flag("tied"));
        let translator = Translator::new(encoding, config, Seed(1))?;
        let sentences: Vec<String> = (0..draw.small("sentences", 3)).map(|_| text(draw)).collect();
        let search =
            BeamSearch::new().beams(draw.small("beams", 4)).length_penalty(draw.number("penalty"));
        let _ = translator.translate(&sentences, &search);
        let sampling =
            Sampling::new().temperature(draw.number("temperature")).top_k(draw.size("top k"));
        let _ = translator.sample(&sentences, &sampling, Seed(7));
        let pairs = SentencePairs::to_translate(&[&[5, 6]])?;
        let _ = translator.model.states(&pairs, &mut Pass::eval(&translator.model));
        translator.attention(&text(draw), &text(draw)).map(drop)
    }),
    ("Translator::save, load", |draw| {
        let encoding = encoding()?;
        let words = encoding.vocab_size();
        let config = translation_transformer(words, words).dim(4).heads(2).layers(1).feedforward(4);
        let folder = Folder::of(draw, &[])?;
        Translator::new(encoding, config.tied(true), Seed(1))?.save(&folder.0)?;
        let name = draw.one_of("file", &["translator.json", "merges.txt", "model.safetensors"]);
        let path = folder.0.join(name);
        let bytes = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
        fs::write(&path, damaged(draw, &bytes))
            .map_err(|error| Error::io("write", &path, error))?;
        Translator::load(&folder.0)?.translate(&["A dog."], &BeamSearch::new()).map(drop)
    }),
    ("recipes::translation", |draw| {
        let (sources, targets) = (damaged(draw, SOURCES), damaged(draw, TARGETS));
        let files: Vec<(&str, &[u8])> = vec![
            ("train.en", &sources),
            ("train.fr", &targets),
            ("val.en", SOURCES),
            ("val.fr", TARGETS),
            ("test_2016_flickr.en", SOURCES),
            ("test_2016_flickr.fr", TARGETS),
            ("test_2017_flickr.en", SOURCES),
            ("test_2017_flickr.fr", TARGETS),
        ];
        let folder = Folder::of(draw, &files)?;
        recipes::translation(&folder.0, Seed(1)).map(drop)
    }),
    ("Bleu", |draw| {
        let mut bleu = Bleu::new();
        for _ in 0..draw.small("pairs", 3) {
            bleu.update(&text(draw), &text(draw));
        }
        let score = bleu.score();
        assert!(score.is_nan() || (0.0..=100.0 + 1e-9).contains(&score), "{score}");
        let _ = (bleu.precisions(), bleu.brevity_penalty());
        Ok(())
    }),
    ("plots::attention", |draw| {
        let words = |draw: &mut Draw, name| vec![text(draw); draw.small(name, 4)];
        let (read, written) = (words(draw, "read"), words(draw, "written"));
        let weights = match draw.flag("fits") {
            true => Tensor::full([written.len(), read.len()], draw.number("weight") as f32),
            false => draw.tensor("weights", 2),
        };
        plots::attention(&read, &written, &weights).map(drop)
    }),
];

/// An encoding with some pairs.
fn encoding() -> Result<BytePairEncoding> {
    BytePairEncoding::read(MERGES)
}

/// Words, bytes that are no words, or an endless one.
fn text(draw: &mut Draw) -> String {
    match draw.below(5) {
        0 => String::new(),
        1 => String::from_utf8_lossy(&draw.bytes(40)).into_owned(),
        2 => "x".repeat(draw.below(3_000)),
        3 => "un homme court, ".repeat(draw.below(20)),
        _ => "A dog runs; 3.5 men don't!\u{1f642}".to_owned(),
    }
}
