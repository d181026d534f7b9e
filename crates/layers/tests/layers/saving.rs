//! Saving: every bit comes back, the same model gives the same bytes, and a file that can't be
//! written keeps what it held.

use std::fs;
use std::path::Path;

use plywood_autodiff::Param;
use plywood_layers::{
    BatchNorm2d, Linear, Params, Sequential, load, load_state_dict, read_safetensors, replace_file,
    save, state_dict, write_safetensors,
};
use plywood_tensor::{ErrorKind, Tensor};
use plywood_testkit::cases;
use proptest::prelude::*;
use safetensors::SafeTensors;

use crate::support::{LeNet, error_of, rng};

fn bytes_of(model: &impl Params) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_safetensors(model, &mut bytes).unwrap();
    bytes
}

/// What lies in a folder.
fn contents(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_model_comes_back_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    // Folders that are missing are made.
    let path = folder.path().join("runs/lenet/model.safetensors");
    let model = LeNet::new(8, [2, 2]);
    save(&model, &path).unwrap();
    assert_eq!(contents(path.parent().unwrap()), ["model.safetensors"]);
    let mut other = model.clone();
    other.update_parameters(&mut |_, param| *param.value_mut() = param.value() * 2.0);
    load(&mut other, &path).unwrap();
    for ((_, saved), (name, loaded)) in model.slots().into_iter().zip(other.slots()) {
        assert_eq!(saved.value(), loaded.value(), "{name}");
    }
}

#[test]
fn buffers_are_saved_too() {
    let mut norm = BatchNorm2d::config(2).init().unwrap();
    norm.running_mean.set(Tensor::from([3.0_f32, 4.0])).unwrap();
    let state = read_safetensors(&mut &bytes_of(&norm)[..]).unwrap();
    assert_eq!(state["running_mean"], Tensor::from([3.0_f32, 4.0]));
    let mut other = BatchNorm2d::config(2).init().unwrap();
    load_state_dict(&mut other, &state).unwrap();
    assert_eq!(other.running_mean.value(), Tensor::from([3.0_f32, 4.0]));
}

#[test]
fn names_are_sorted_and_the_bytes_always_the_same() {
    let mut model = Sequential::new();
    for _ in 0..11 {
        model.push(Linear::config(2, 2).init(&mut rng()).unwrap());
    }
    let bytes = bytes_of(&model);
    assert_eq!(bytes, bytes_of(&model.clone()));
    // The header is a map of the names to places in the data: both are in the names' order.
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes[8..]);
    let mut names: Vec<String> = header.tensors().into_keys().collect();
    names.sort_unstable();
    assert_eq!(names.len(), 22);
    let places = |name: &String| {
        (text.find(&format!("\"{name}\"")), header.info(name).map(|i| i.data_offsets))
    };
    assert!(names.iter().map(places).is_sorted(), "{text}");
}

#[test]
fn a_writer_that_fails() {
    struct Full;

    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is full"))
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let error = write_safetensors(&LeNet::new(8, [2, 2]), &mut Full).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.to_string(), "save: can't write the weights: the disk is full");
}

#[test]
fn a_file_is_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    replace_file(&path, b"a long first version").unwrap();
    replace_file(&path, b"short").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"short");
    assert_eq!(contents(folder.path()), ["model"]);
}

/// The part beside the file can't be made, for its name is too long: a full disk or a folder without
/// permission look alike.
#[test]
fn a_write_that_fails_keeps_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m".repeat(250));
    fs::write(&path, b"old").unwrap();
    let error = replace_file(&path, b"new").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(
        error.to_string(),
        format!("{}: can't write it: File name too long (os error 36)", path.display()),
    );
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

/// Another program, which may have the same process's number in a container of its own, is writing:
/// its part is not written over.
#[test]
fn the_parts_of_others_stay_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let others = folder.path().join(format!("model.{}.partial", std::process::id()));
    fs::write(&others, b"half of what another wri").unwrap();
    replace_file(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read(&others).unwrap(), b"half of what another wri");
}

#[test]
fn of_many_writers_each_writes_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = &folder.path().join("model");
    let whole = |writer: u8| vec![writer; 100_000];
    replace_file(path, &whole(0)).unwrap();
    std::thread::scope(|scope| {
        for writer in 1..5 {
            scope.spawn(move || (0..20).for_each(|_| replace_file(path, &whole(writer)).unwrap()));
        }
        for _ in 0..200 {
            let read = fs::read(path).unwrap();
            assert!(read == whole(read[0]), "{} bytes, the first {}", read.len(), read[0]);
        }
    });
    assert_eq!(contents(folder.path()), ["model"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    for mode in [0o600, 0o640, 0o444] {
        fs::write(&path, b"old").unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        replace_file(&path, b"new").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        fs::remove_file(&path).unwrap();
    }
    // A new one has those of any new file.
    replace_file(&path, b"new").unwrap();
    fs::write(folder.path().join("other"), b"").unwrap();
    let mode = |name| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("model"), mode("other"));
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_one() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("disk")).unwrap();
    symlink("disk/model", at("first")).unwrap();
    symlink(at("first"), at("second")).unwrap();
    for contents in [b"new", b"old"] {
        replace_file(at("second"), contents).unwrap();
        assert_eq!(fs::read(at("disk/model")).unwrap(), contents);
        assert!(at("first").is_symlink() && at("second").is_symlink());
    }
    assert_eq!(contents(&at("disk")), ["model"]);
    symlink("circle", at("circle")).unwrap();
    assert_eq!(
        error_of(replace_file(at("circle"), b"new")),
        format!("{}: can't write it: its symbolic links lead in a circle", at("circle").display()),
    );
}

/// What is young or locked may be somebody's who still writes, and other names are other files.
#[test]
fn parts_that_were_left_long_ago_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/below/model");
    replace_file(&path, b"old").unwrap();
    let folder = path.parent().unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    let number = "0123456789abcdef";
    let [left, young, locked] =
        [number, "1123456789abcdef", "2123456789abcdef"].map(|n| format!("model.{n}.partial"));
    let others = ["model.old.partial", &format!("{left}.txt"), &format!("other.{number}.partial")];
    for name in others.into_iter().chain([&*left, &locked]) {
        let file = fs::File::create(folder.join(name)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    fs::write(folder.join(&young), b"").unwrap();
    let writes = fs::File::open(folder.join(&locked)).unwrap();
    writes.lock().unwrap();
    replace_file(&path, b"new").unwrap();
    let mut expected = vec!["model", &young, &locked];
    expected.extend(others);
    expected.sort_unstable();
    assert_eq!(contents(folder), expected);
}

#[test]
fn a_folder_in_the_files_place_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("inside"), b"kept").unwrap();
    assert_eq!(
        error_of(replace_file(&path, b"new")),
        format!("{}: can't write it: Is a directory (os error 21)", path.display()),
    );
    assert_eq!(contents(folder.path()), ["model"], "no part is left");
    assert_eq!(fs::read(path.join("inside")).unwrap(), b"kept");
}

#[test]
fn a_file_in_a_folders_place_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs");
    fs::write(&file, b"kept").unwrap();
    let path = file.join("model");
    let text = error_of(save(&LeNet::new(8, [2, 2]), &path));
    assert!(text.starts_with(&format!("{}: can't write it: ", path.display())), "{text}");
    assert_eq!(fs::read(&file).unwrap(), b"kept");
    assert_eq!(error_of(replace_file("/", b"new")), "/: can't write it: the path has no file name",);
}

/// A model whose fields make one name of two tensors.
struct Clash([Vec<(&'static str, Param)>; 2]);

impl Params for Clash {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        let [inner, outer] = &self.0;
        let inner = inner.iter().map(|(name, param)| (format!("a.{name}"), param as &dyn Params));
        let outer = outer.iter().map(|(name, param)| ((*name).to_owned(), param as &dyn Params));
        inner.chain(outer).collect()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        let [inner, outer] = &mut self.0;
        let inner = inner.iter_mut();
        let inner = inner.map(|(name, param)| (format!("a.{name}"), param as &mut dyn Params));
        let outer = outer.iter_mut();
        let outer = outer.map(|(name, param)| ((*name).to_owned(), param as &mut dyn Params));
        inner.chain(outer).collect()
    }
}

#[test]
fn two_tensors_of_one_name_are_not_saved_as_one() {
    let param = || Param::new(Tensor::arange(2));
    let mut model = Clash([vec![("b", param())], vec![("a.b", param()), ("c", param())]]);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        error_of(save(&model, folder.path().join("model.safetensors"))),
        "save: two tensors of the model are named a.b; rename a field on the way to one of them",
    );
    assert!(contents(folder.path()).is_empty());
    let state = state_dict(&model);
    assert_eq!(
        error_of(load_state_dict(&mut model, &state)),
        "load: the weights don't fit the model: two tensors of the model are named a.b",
    );
}

/// Whichever is last wins, and nobody reads a mixture.
#[test]
fn threads_that_save_to_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    std::thread::scope(|scope| {
        for version in 0_u8..4 {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..8 {
                    replace_file(path, &[version; 100_000]).unwrap();
                    let seen = fs::read(path).unwrap();
                    assert_eq!(seen.len(), 100_000);
                    assert!(seen.iter().all(|byte| *byte == seen[0]));
                }
            });
        }
    });
    assert_eq!(contents(folder.path()), ["model"]);
}

proptest! {
    #![proptest_config(cases(32))]

    /// Infinities, NaNs with their payload, subnormal numbers, −0: whatever the bits.
    #[test]
    fn prop_every_bit_comes_back(bits in prop::collection::vec(any::<u32>(), 0..50)) {
        let numbers: Vec<f32> = bits.iter().map(|&bits| f32::from_bits(bits)).collect();
        let param = Param::new(Tensor::from(numbers.clone()));
        let model = vec![param];
        let state = read_safetensors(&mut &bytes_of(&model)[..]).unwrap();
        assert_eq!(state["0"].shape(), [numbers.len()].into());
        let back: Vec<u32> = state["0"].as_tensor::<f32>().unwrap().as_slice().iter().map(|x| x.to_bits()).collect();
        prop_assert_eq!(back, bits);
    }
}
