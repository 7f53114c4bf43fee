//! The pages are built elsewhere (`make web`) and embedded if they are there. Without them there must at least be a folder.

fn main() {
    let pages = std::path::Path::new("../web-demo/dist");
    if let Err(cause) = std::fs::create_dir_all(pages) {
        println!(
            "cargo::error=the folder `{}` cannot be made: {cause}",
            pages.display()
        );
    }
    println!("cargo::rerun-if-changed={}", pages.display());
}
