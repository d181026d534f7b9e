//! Tests of the encoding: any text comes back, and pairs are those of the definition.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::BytePairEncoding;
use super::pieces::pieces;

const TEXTS: [&str; 3] =
    ["Un homme en chemise bleue.", "Deux hommes, l'un assis; 3 hommes ?", "  Un\thomme  à Paris\n"];

fn encoding(vocab_size: usize) -> BytePairEncoding {
    BytePairEncoding::learn(TEXTS, vocab_size).unwrap()
}

/// The pairs as the paper counts them: all pairs of all words anew, each time.
fn naive_merges(texts: &[&str], merges: usize) -> Vec<[Vec<u8>; 2]> {
    let mut words: Vec<Vec<Vec<u8>>> = Vec::new();
    for piece in texts.iter().flat_map(|text| pieces(text)) {
        words.push(piece.bytes().map(|byte| vec![byte]).collect());
    }
    // Of each text its place among the tokens.
    let mut order: BTreeMap<Vec<u8>, usize> =
        (0..=255_u8).map(|byte| (vec![byte], usize::from(byte))).collect();
    let mut found = Vec::new();
    while order.len() < 256 + merges {
        let mut counts: BTreeMap<[Vec<u8>; 2], usize> = BTreeMap::new();
        for word in &words {
            for pair in word.windows(2) {
                *counts.entry([pair[0].clone(), pair[1].clone()]).or_default() += 1;
            }
        }
        let key = |pair: &[Vec<u8>; 2]| std::cmp::Reverse(pair.clone().map(|text| order[&text]));
        let best = counts.into_iter().filter(|&(_, count)| count >= 2);
        let Some((pair, _)) = best.max_by_key(|(pair, count)| (*count, key(pair))) else { break };
        let both = pair.concat();
        for word in &mut words {
            let mut at = 0;
            while at + 1 < word.len() {
                if word[at..at + 2] == pair {
                    word[at] = both.clone();
                    word.remove(at + 1);
                }
                at += 1;
            }
        }
        let next = order.len();
        order.entry(both).or_insert(next);
        found.push(pair);
    }
    found
}

fn merges(encoding: &BytePairEncoding) -> Vec<[Vec<u8>; 2]> {
    let text = |token: u32| encoding.0.texts[token as usize].clone();
    encoding.0.merges.iter().map(|pair| pair.map(text)).collect()
}

#[test]
fn pairs_are_the_most_frequent_ones() {
    assert_eq!(merges(&encoding(300)), naive_merges(&TEXTS, 41));
    assert_eq!(merges(&encoding(263)), naive_merges(&TEXTS, 4));
    let text = "abababab aaaa aaaaa bab".repeat(3);
    let learnt = BytePairEncoding::learn([&text], 275).unwrap();
    assert_eq!(merges(&learnt), naive_merges(&[&text], 16));
}

#[test]
fn it_ends_where_no_pair_occurs_twice() {
    let learnt = BytePairEncoding::learn(["ab ab", "cd"], 1_000).unwrap();
    assert_eq!(merges(&learnt), [[b"a".to_vec(), b"b".to_vec()]]);
    assert_eq!(learnt.vocab_size(), 260);
    let error = BytePairEncoding::learn(["a"], 258).unwrap_err().to_string();
    let text = "byte_pair_encoding: the vocabulary size is 258; it should be between 259 and 16777216; \
                256 tokens are bytes, and 3 are no text";
    assert_eq!(error, text);
}

#[test]
fn the_file_is_that_of_gpt_2() {
    let learnt = BytePairEncoding::learn(["é é \u{1f642} é"], 262).unwrap();
    let mut bytes = Vec::new();
    learnt.write(&mut bytes).unwrap();
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), "#version: 0.2\nÃ ©\nĠ Ã©\n");
    let read = BytePairEncoding::read(&bytes[..]).unwrap();
    assert_eq!(read.encode("é \u{1f642}"), learnt.encode("é \u{1f642}"));
}

#[test]
fn damaged_files_are_refused() {
    let of = |text: &[u8]| BytePairEncoding::read(text).unwrap_err().to_string();
    for (text, says) in [
        (&b"a b c\n"[..], "line 1: it should be two tokens with a space between"),
        (b"#version: 0.2\na b\n\na b\n", "line 4: the pair is there already"),
        (b"a \xff\n", "it isn't UTF-8; is it the `merges.txt` of an encoding?"),
        (
            "a \u{7f}\n".as_bytes(),
            "line 1: `\\u{7f}` is neither a byte nor a pair of the lines before",
        ),
    ] {
        assert_eq!(of(text), format!("byte_pair_encoding: {says}"));
    }
    let error = encoding(262).decode(&[5, 262]).unwrap_err().to_string();
    assert_eq!(error, "byte_pair_encoding: token 262 is none of 262");
}

#[test]
fn what_a_network_writes_is_shown() {
    let encoding = encoding(300);
    let tokens = [&[1], &encoding.encode("à")[..1], &[2, 0]].concat();
    assert_eq!(encoding.decode(&tokens).unwrap(), "\u{fffd}");
    assert_eq!([0, 1, 2].map(|token| encoding.token(token).unwrap()), ["<pad>", "<s>", "</s>"]);
}

proptest! {
    #[test]
    fn prop_any_text_comes_back(text in "\\PC{0,40}|[a-d ]{0,200}|(Un |homme|, |\n|é){0,30}") {
        let encoding = encoding(290);
        let tokens = encoding.encode(&text);
        prop_assert_eq!(encoding.decode(&tokens).unwrap(), &*text);
        prop_assert!(tokens.iter().all(|&token| token > BytePairEncoding::END));
        // The file has all that the encoding knows.
        let mut bytes = Vec::new();
        encoding.write(&mut bytes).unwrap();
        prop_assert_eq!(BytePairEncoding::read(&bytes[..]).unwrap().encode(&text), tokens);
    }
}
