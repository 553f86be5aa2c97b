//! Users without a pause who ask for one page, as goose counts them; host, users and time come as goose's own flags.

use goose::prelude::*;

async fn answer(user: &mut GooseUser) -> TransactionResult {
    let _answered = user.get("/answer").await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), GooseError> {
    let visitor = scenario!("visitor").register_transaction(transaction!(answer));
    GooseAttack::initialize()?.register_scenario(visitor).execute().await?;
    Ok(())
}
