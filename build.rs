//! Generates the client from `openapi.json` into `$OUT_DIR/generated.rs`.
//!
//! It reads that one file and nothing else: no network, no git.
//! `stratustexting-codegen` makes all decisions.

fn main() {
    println!("cargo::rerun-if-changed=openapi.json");
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(reason) = run() {
        // Cargo fails the build because of this line. With an exit status of its own
        // the script's whole output would be printed around it.
        println!("cargo::error=openapi.json: {reason}");
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let document = std::fs::read_to_string("openapi.json")?;
    let generated = stratustexting_codegen::generate(&document)?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("generated.rs"), generated.source)?;
    std::fs::write(out.join("report.txt"), generated.report.to_string())?;
    Ok(())
}
