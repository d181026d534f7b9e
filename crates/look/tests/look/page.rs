//! The page: everything is in it, nothing is fetched, nothing is taken for HTML.

use plywood_datasets::Digits;
use plywood_layers::{Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential};
use plywood_look::{Excite, Lens, Page};
use plywood_tensor::{Rng, Seed, Tensor, threads};

use crate::support::linear;

fn network() -> Sequential {
    let mut rng = Rng::new(Seed(7));
    Sequential::new()
        .add(Conv2d::config(1, 4, 3).padding(1).init(&mut rng).unwrap())
        .add(ReLU)
        .add(MaxPool2d::new(2))
        .add(Conv2d::config(4, 6, 3).padding(1).init(&mut rng).unwrap())
        .add(ReLU)
        .add(Flatten)
        .add(Linear::config(6 * 4 * 4, 10).init(&mut rng).unwrap())
}

fn digit() -> Tensor {
    Digits::embedded().unwrap().image(3).unwrap().map(|byte| f32::from(byte) / 255.0)
}

fn html() -> String {
    let (model, digits) = (network(), Digits::embedded().unwrap());
    let lens = Lens::new(&model);
    Page::new(&lens, &digit())
        .title("<b>Le & Net</b>")
        .class_names((0..10).map(|digit| format!("<i>{digit}\"</i>")))
        .units(3)
        .excite(Excite::new().steps(6).seed(Seed(7)))
        .patches("<u>digits</u>", &digits, 2)
        .html()
        .unwrap()
}

#[test]
fn it_goes_from_filters_to_evidence_in_one_file() {
    let html = html();
    let order = ["The first layer", "Low-level features", "High-level features", "What decided"];
    let places = order.map(|heading| html.find(heading).expect(heading));
    assert!(places.is_sorted());
    for place in ["0.relu", "3.relu"] {
        assert!(html.contains(&format!("<code>{place}</code>: ")), "{place}");
    }
    // The image, 4 filters, 2 layers of 3 channels with 4 images each, 4 of evidence.
    let images = html.matches("<img src=\"data:image/png;base64,").count();
    assert_eq!(images, 1 + 4 + 2 * 3 * 4 + 4);
    // Nothing is fetched: no image but these, no script, no style sheet, no address.
    assert_eq!(html.matches("<img").count(), images);
    for fetches in ["http:", "https:", "<script", "<link", "@import", "url("] {
        assert!(!html.contains(fetches), "{fetches}");
    }
}

#[test]
fn what_is_put_in_is_text() {
    let html = html();
    for (raw, escaped) in
        [("<b>Le &", "&lt;b&gt;Le &amp; Net&lt;"), ("<i>", "&lt;i&gt;"), ("<u>", "&lt;u&gt;digits")]
    {
        assert!(!html.contains(raw) && html.contains(escaped), "{raw}");
    }
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    assert_eq!(html(), threads::with(1, html).unwrap());
}

#[test]
fn a_model_without_maps_has_a_page_too() {
    let model = Sequential::new().add(Flatten).add(linear(Tensor::ones([1, 64])));
    let lens = Lens::new(&model);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    Page::new(&lens, &digit()).write(&path).unwrap();
    let html = std::fs::read_to_string(&path).unwrap();
    assert!(html.contains("The first layer") && html.contains("What decided"));
    assert!(!html.contains("Grad-CAM.</b>") && !html.contains("Low-level"));
}

#[test]
fn places_can_be_chosen_and_refusals_say_what_is_wrong() {
    let model = network();
    let lens = Lens::new(&model);
    let page = || Page::new(&lens, &digit()).units(1).excite(Excite::new().steps(2));
    let html = page().places(["3"]).class(4).html().unwrap();
    assert!(html.contains("<code>3</code>: ") && html.contains("<b>class 4</b>"));
    assert_eq!(
        page().places(["6"]).html().unwrap_err().to_string(),
        "look: `6` is [1, 10], which is no map (N, C, H, W); a convolution, or what follows one, \
         gives maps",
    );
    assert_eq!(
        page().class(10).html().unwrap_err().to_string(),
        "look: there is no class 10 of 10",
    );
}
