import { mount } from "svelte";
import "cognito-bff-client/element";
import "./style.css";
import App from "./App.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("the page has no #app");
mount(App, { target });
