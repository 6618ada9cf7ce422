import { SessionProvider } from "cognito-bff-client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "cognito-bff-client/element";
import "./style.css";
import { App } from "./App";
import { client } from "./session";

const element = document.getElementById("app");
if (element === null) throw new Error("the page has no #app");
createRoot(element).render(
  <StrictMode>
    <SessionProvider client={client}>
      <App />
    </SessionProvider>
  </StrictMode>,
);
