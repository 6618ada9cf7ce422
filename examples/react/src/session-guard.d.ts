import type { SessionGuard } from "cognito-bff-client/element";
import type { DetailedHTMLProps, HTMLAttributes } from "react";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "session-guard": DetailedHTMLProps<HTMLAttributes<SessionGuard>, SessionGuard> &
        Partial<Pick<SessionGuard, "client" | "words">> & { "no-fetch"?: boolean };
    }
  }
}
