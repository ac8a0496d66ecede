//! What a send costs: allocations, bytes and instructions, beside a request by hand.

mod count;
mod server;
mod ways;

use ways::Way;

pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

#[allow(clippy::print_stdout)]
fn main() -> anyhow::Result<()> {
    let arg = std::env::args().nth(1);
    if arg.as_deref() == Some("serve") {
        return server::serve();
    }
    let server = server::Server::start()?;
    if arg.as_deref() == Some("send") {
        let way = Way::ALL[std::env::args().nth(2).unwrap_or_default().parse::<usize>()?];
        let n: usize = std::env::args().nth(3).unwrap_or_default().parse()?;
        return runtime()?.block_on(async {
            let s = way.sender(server.address())?;
            for _ in 0..n { s.send().await?; }
            Ok(())
        });
    }
    for way in Way::ALL {
        println!("{} {:?}", way.title(), count::measure(way, server.address(), 200, 2000)?);
    }
    Ok(())
}
