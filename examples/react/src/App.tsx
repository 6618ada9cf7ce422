import { RequireSession, useSession } from "cognito-bff-client/react";
import { Orders } from "./Orders";
import { client } from "./session";

export function App() {
  const { user, logout } = useSession();
  return (
    <>
      {/* The end of a session, its warnings and the way back. It stands outside of what RequireSession takes away. */}
      <session-guard no-fetch client={client} />
      <header>
        <h1>Orders</h1>
        {user !== null && (
          <span>
            {user.email}{" "}
            <button type="button" onClick={() => void logout()}>
              Sign out
            </button>
          </span>
        )}
      </header>
      <main>
        <RequireSession fallback={<Welcome />}>
          <Orders />
        </RequireSession>
      </main>
    </>
  );
}

function Welcome() {
  const { state, login } = useSession();
  // The answer comes in a moment, and most people are signed in.
  if (state.status === "unknown") return null;
  if (state.status === "unreachable") return <p>Trying again …</p>;
  return (
    <p>
      Good coffee, brought to you.{" "}
      <button type="button" onClick={() => void login()}>
        Sign in
      </button>
    </p>
  );
}
