// signin.jsx - a token for a cookie that scripts cannot read.
import { useState } from "preact/hooks";
import { language, setLanguage, t } from "../base/i18n.js";
import { changed, signIn } from "../base/store.js";

export function SignIn() {
  const [problem, setProblem] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const token = new FormData(event.target).get("token").trim();
    try {
      await signIn(token);
    } catch (error) {
      setProblem(error.status === 401 ? t("wrongToken") : t("failed", error.message));
    }
  };
  return (
    <form class="signin" onSubmit={submit}>
      <h1>{t("title")}</h1>
      <label for="token">{t("token")}</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
      <button>{t("signIn")}</button>
      <p role="alert">{problem}</p>
      <p class="dim">{t("tokenHint")}</p>
      <button type="button" class="quiet" id="language" onClick={() => (setLanguage(language() === "en" ? "zh" : "en"), changed())}>
        {t("language")}
      </button>
    </form>
  );
}
