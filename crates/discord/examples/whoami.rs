//! Says who a bot is: `cargo run -p cordboard-discord --example whoami -- TOKEN_FILE [REST_URL]`.
#![expect(clippy::print_stdout, reason = "an example that talks to a person")]

use std::{env, error::Error, fs};

use cordboard_discord::{Discord, DiscordError, Settings};
use cordboard_gateway::GatewayDirectory;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let token = fs::read_to_string(arguments.next().ok_or("which file holds the token?")?)?;
    let mut settings = Settings::new(token.into());
    settings.rest_url = arguments.next();

    let discord = Discord::new(&settings)?;
    match discord.identity().await {
        Ok(bot) => println!("{} ({}), flags {:?}", bot.name, bot.user_id, bot.flags),
        Err(DiscordError::Never { source }) => {
            return Err(format!("use another token: {source}").into());
        }
        Err(error) => return Err(error.into()),
    }
    let gateway = discord.gateway().await?;
    println!(
        "{} with {} sessions left",
        gateway.url, gateway.identifies_left
    );
    Ok(())
}
