//! What files may take of a small machine's memory. It is a test binary of its own with one test, because
//! the budget belongs to the process.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use plywood_datasets::{Csv, Image, Table, idx};
use plywood_tensor::{ErrorKind, Tensor, memory};

fn gzipped(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[test]
fn the_budget_bounds_what_files_become() {
    let image = Image::new(Tensor::full([1, 512, 512], 7)).unwrap().encode_png().unwrap();
    let unpacked = [&[0, 0, 8, 1, 0, 0x10, 0, 0][..], &vec![0; 1 << 20]].concat();
    let zipped = gzipped(&unpacked).unwrap();
    let table = [&b"x\n"[..], &b"1\n".repeat(1 << 19)].concat();
    let rows = gzipped(&table).unwrap();
    let columns = vec![b','; 1 << 19];
    assert!(zipped.len() < 2000 && rows.len() < 2000);
    Image::decode(&image).unwrap();
    idx::read(&zipped[..]).unwrap();
    assert_eq!(Table::read(&rows[..]).unwrap().len(), 1 << 19);

    memory::set_budget(4 << 20);
    let error = idx::read(&zipped[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    assert_eq!(
        error.to_string(),
        "idx: it has more than the limit of 1048576 bytes; if you trust the file, unpack it or raise the \
         memory budget with PLYWOOD_MEMORY_BUDGET or memory::set_budget",
    );
    idx::read(&unpacked[..]).unwrap();

    let error = Table::read(&rows[..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "csv: it has more than the limit of 1048576 bytes; if you trust the file, raise it by \
         Csv::limit",
    );
    assert_eq!(Table::read(&table[..]).unwrap_err().to_string(), error.to_string());
    // What the rows take counts, not only the file.
    let error = Csv::new().limit(2 << 20).read(&rows[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    assert!(
        error.to_string().starts_with("line 81305: csv: 4.1 MiB of memory asked for"),
        "{error}"
    );
    let error = Table::read(&columns[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);

    assert_eq!(
        Image::decode(&image).unwrap_err().to_string(),
        "its header says 512×512 pixels: png: 6.0 MiB of memory asked for, 0 bytes in use, the budget is \
         4.0 MiB; use smaller sizes, or raise the budget with PLYWOOD_MEMORY_BUDGET=1G or \
         memory::set_budget",
    );
    memory::set_budget(64 << 20);
    assert_eq!(Csv::new().limit(2 << 20).read(&rows[..]).unwrap().len(), 1 << 19);
    idx::read(&zipped[..]).unwrap();
    Image::decode(&image).unwrap();
}
