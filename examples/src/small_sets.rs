//! Small files in the formats of sets of X-rays, of traffic signs and of street scenes, for smoke runs.

use std::path::Path;

use plywood::datasets::{Image, Mask};
use plywood::layers::replace_file;
use plywood::prelude::*;

/// `pneumoniamnist.npz` of 120 images of 28×28: 80, 20 and 20, of which every second is brighter in the middle.
///
/// # Errors
/// When the file can't be written.
pub(crate) fn pneumonia_mnist(folder: &Path) -> Result<()> {
    let mut arrays = Vec::new();
    for (part, count) in [("train", 80), ("val", 20), ("test", 20)] {
        let pixels: Vec<u8> = (0..count).flat_map(|number| xray(number, 28)).collect();
        let labels: Vec<u8> = (0..count).map(|number| (number % 2) as u8).collect();
        arrays.push((format!("{part}_images.npy"), npy(&format!("({count}, 28, 28)"), &pixels)));
        arrays.push((format!("{part}_labels.npy"), npy(&format!("({count}, 1)"), &labels)));
    }
    let zipped = zip(&arrays).map_err(|error| Error::data(format!("no zip archive: {error}")))?;
    replace_file(folder.join("pneumoniamnist.npz"), &zipped)
}

/// `chest_xray/train` with 60 images of 16×16, each patient's two.
///
/// # Errors
/// When a file can't be written.
pub(crate) fn chest_xray(folder: &Path) -> Result<()> {
    for number in 0..60 {
        let patient = number / 4;
        let name = match number % 2 {
            0 => format!("NORMAL/IM-{:04}-{number:04}.jpeg", 115 + patient),
            _ => format!("PNEUMONIA/person{patient}_virus_{number}.jpeg"),
        };
        let image = Image::new(Tensor::from_vec(xray(number, 16), [1, 16, 16])?)?;
        replace_file(folder.join("chest_xray/train").join(name), &image.encode_png()?)?;
    }
    Ok(())
}

/// GTSRB's folders, with a frame of each of two tracks of every class, and a test image of each, in colours of their own.
///
/// # Errors
/// When the folder can't be written.
pub(crate) fn gtsrb(folder: &Path) -> Result<()> {
    const HEADER: &str = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n";
    let line = |name: &str, class: u8| format!("{name};16;16;2;2;13;13;{class}\n");
    let mut table = HEADER.to_owned();
    for class in 0..43 {
        let ppm = [&b"P6 16 16 255\n"[..], &[5 * class, 255 - 5 * class, 90].repeat(256)].concat();
        let own = folder.join(format!("GTSRB/Final_Training/Images/{class:05}"));
        let names = ["00000_00000.ppm", "00001_00000.ppm"];
        for name in names {
            replace_file(own.join(name), &ppm)?;
        }
        let lines: String = names.iter().map(|name| line(name, class)).collect();
        let of_class = own.join(format!("GT-{class:05}.csv"));
        replace_file(of_class, format!("{HEADER}{lines}").as_bytes())?;
        let name = format!("{class:05}.ppm");
        replace_file(folder.join("GTSRB/Final_Test/Images").join(&name), &ppm)?;
        table += &line(&name, class);
    }
    replace_file(folder.join("GTSRB/Final_Test/Images/GT-final_test.csv"), table.as_bytes())?;
    Ok(())
}

/// CamVid's folders, with frames of 24×16 in stripes of every class and of void.
///
/// # Errors
/// When a file can't be written.
pub(crate) fn camvid(folder: &Path) -> Result<()> {
    for (part, frames) in [("train", 8), ("val", 2), ("test", 3)] {
        for frame in 0..frames {
            let class = |column: usize| ((column / 2 + frame) % 12) as u8;
            let image =
                Image::new(Tensor::from_fn([3, 16, 24], |at| class(at[2]) * 20 + at[0] as u8))?;
            image.write_png(folder.join(format!("{part}/{frame}.png")))?;
            let mask = Mask::new(Tensor::from_fn([16, 24], |at| class(at[1])))?;
            mask.write_png(folder.join(format!("{part}annot/{frame}.png")), &Mask::colors(12))?;
        }
    }
    Ok(())
}

/// Greys that differ from number to number.
fn xray(number: usize, side: usize) -> Vec<u8> {
    let pixel = |place: usize| {
        let inside =
            [place / side, place % side].iter().all(|at| (side / 4..3 * side / 4).contains(at));
        let light = if inside && number % 2 == 1 { 90 } else { 0 };
        ((place * 37 + number * 61) % 120 + light) as u8
    };
    (0..side * side).map(pixel).collect()
}

/// A `.npy` file of bytes.
fn npy(shape: &str, bytes: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), bytes].concat()
}

fn zip(files: &[(String, Vec<u8>)]) -> std::result::Result<Vec<u8>, rawzip::Error> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, file) in files {
        let (mut entry, config) = archive.new_file(name).start()?;
        let mut writer = config.wrap(&mut entry);
        std::io::Write::write_all(&mut writer, file)?;
        let (_, descriptor) = writer.finish()?;
        entry.finish(descriptor)?;
    }
    archive.finish()?;
    Ok(bytes)
}
