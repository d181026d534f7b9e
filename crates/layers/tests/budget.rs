//! Layers of senseless sizes are errors, in these words. The memory budget is the process's, so this
//! test has one of its own.
#![cfg(test)]

use plywood_autodiff::{Param, Pass, Var};
use plywood_layers::{
    BatchNorm2d, Conv2d, ConvTranspose2d, Embedding, GRU, Init, LSTM, LayerNorm, Linear, Module,
    MultiheadAttention, PositionalEncoding, RMSNorm, Transformer, TransformerDecoderLayer,
    TransformerEncoderLayer, summary,
};
use plywood_tensor::{ErrorKind, Result, Rng, Seed, Tensor, memory};

/// Asserts that something failed, in these words.
#[track_caller]
fn says<T>(result: Result<T>, text: &str) {
    match result {
        Ok(_) => panic!("it worked, instead of: {text}"),
        Err(error) => assert_eq!(error.to_string(), text),
    }
}

/// Asserts that a layer of 2⁴⁰ numbers of four bytes was refused by this operation.
#[track_caller]
fn is_too_large<T>(operation: &str, result: Result<T>) {
    says(
        result,
        &format!(
            "{operation}: 4.0 TiB of memory asked for, 0 bytes in use, the budget is 1.0 GiB; \
             use smaller sizes, or raise the budget with PLYWOOD_MEMORY_BUDGET=4096G or \
             memory::set_budget"
        ),
    );
}

#[test]
fn senseless_sizes_are_errors() {
    memory::set_budget(1 << 30);
    let rng = &mut Rng::new(Seed(7));
    let huge = 1_usize << 40;
    is_too_large("init", Embedding::config(huge, 1).init(rng));
    is_too_large("init", Linear::config(huge, 1).init(rng));
    is_too_large("init", Conv2d::config(huge, 1, 1).init(rng));
    is_too_large("init", ConvTranspose2d::config(huge, 1, 1).init(rng));
    is_too_large("init", Init::Orthogonal.draw([huge, 1], rng));
    is_too_large("init", Init::TruncatedNormal { std: 1.0 }.draw([huge], rng));
    is_too_large("init", LSTM::config(1 << 18, 1 << 20).init(rng));
    is_too_large("positional_encoding", PositionalEncoding::config(1).places(huge).init());
    is_too_large("batch_norm", BatchNorm2d::config(huge).init());
    is_too_large("layer_norm", LayerNorm::config([huge]).init());
    is_too_large("rms_norm", RMSNorm::config([huge]).init());

    // More than memory can address, also where there is nothing in between.
    let most = 1_usize << 63;
    says(
        ConvTranspose2d::config(0, most, 1).groups(most).init(rng),
        "init: [9223372036854775808] has more elements than memory can address",
    );
    says(
        Conv2d::config(0, most, 1).groups(most).init(rng),
        "conv2d: [9223372036854775808, 0, 1, 1] has more elements than memory can address",
    );
    says(
        Embedding::config(usize::MAX, 2).init(rng),
        "embedding: [18446744073709551615, 2] has more elements than memory can address",
    );
    says(
        PositionalEncoding::config(most).init(),
        "positional_encoding: [5000, 9223372036854775808] has more elements than memory can address",
    );
    says(
        MultiheadAttention::config(most, 1).init(rng),
        "multihead_attention: [18446744073709551615, 9223372036854775808] has more elements than \
         memory can address",
    );
    says(
        LSTM::config(1, most).init(rng),
        "lstm: [18446744073709551615, 1] has more elements than memory can address",
    );
    says(
        Init::Zeros.draw([1; 9], rng),
        "init: [1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 axes, a tensor has at most 8",
    );

    // As many layers as can be counted, and as many that a factor of two makes none of them.
    let too_many = |operation: &str, layers: usize| {
        format!("{operation}: {layers} layers are too many, there can be at most 4096")
    };
    for layers in [4097, 1 << 63, usize::MAX] {
        says(LSTM::config(1, 1).layers(layers).init(rng), &too_many("lstm", layers));
        let both = LSTM::config(1, 1).layers(layers).bidirectional(true);
        says(both.init(rng), &too_many("lstm", layers));
        says(GRU::config(1, 1).layers(layers).init(rng), &too_many("gru", layers));
        let transformer = Transformer::config(2, 1).layers(layers);
        says(transformer.init(rng), &too_many("transformer", layers));
        let encoder = TransformerEncoderLayer::config(2, 1).encoder_layers(layers);
        says(encoder.encoder(None, rng), &too_many("transformer", layers));
        let decoder = TransformerDecoderLayer::config(2, 1).decoder_layers(layers);
        says(decoder.decoder(None, rng), &too_many("transformer", layers));
    }

    // Settings that only an image shows to be senseless.
    let pixel = Var::constant(Tensor::ones([1, 1, 1, 1]));
    let conv = Conv2d::config(1, 1, 1).padding((1 << 19) - 1).init(rng).unwrap();
    let padded = conv.forward(&pixel, &mut Pass::eval(&conv)).err().unwrap();
    assert_eq!(padded.kind(), ErrorKind::Memory);
    let padding = (1 << 20) - 1;
    is_too_large("pad2d", pixel.pad2d([padding; 2], 0, 0.0));

    // Nothing that returns a result panics because of what it takes as a shape.
    let nine = "[1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 axes, a tensor has at most 8";
    let named = |operation: &str| format!("{operation}: {nine}");
    says(pixel.reshape([1; 9]), &named("reshape"));
    says(pixel.broadcast_to([1; 9]), &named("broadcast_to"));
    let x = Tensor::ones([1]);
    says(x.reshape([1; 9]), &named("reshape"));
    says(x.broadcast_to([1; 9]), &named("broadcast_to"));
    says(x.sum_to([1; 9]), &named("sum_to"));
    says(Tensor::from_vec(vec![1.0], [1; 9]), &named("from_vec"));
    says(Tensor::from_slice(&[1.0], [1; 9]), &named("from_vec"));
    says(Tensor::unpick([1; 9], 0, &Tensor::from([0]), &x), &named("unpick"));
    says(summary(&conv, [1; 9]), nine);
    let weight = Param::new(x);
    says(Pass::dry_run(&weight).shape([1; 9]), nine);
}
