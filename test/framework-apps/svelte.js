import { createSessionClient } from "cognito-bff/client";
import { mount, unmount } from "svelte";
import App from "./App.svelte";
import { givenClient } from "./page.js";

const client = (await givenClient(createSessionClient)) ?? createSessionClient();
const app = mount(App, { target: document.getElementById("app"), props: { client } });
globalThis.unmount = async () => {
  await unmount(app);
  client.dispose();
};
