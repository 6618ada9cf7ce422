import { createSession } from "cognito-bff-client/vue";
import { createApp } from "vue";
import "cognito-bff-client/element";
import "./style.css";
import App from "./App.vue";
import { client } from "./session";

createApp(App).use(createSession({ client })).mount("#app");
