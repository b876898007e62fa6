// person.jsx - whom an alarm is about: shown to the seat that has taken it on, while it is open.
// Every look is a line of the audit, so nothing is read before somebody asks; a call from a
// home asks by itself once this seat has acknowledged it, for then nobody should search.
import { useEffect, useState } from "preact/hooks";
import { t } from "../base/i18n.js";
import { ask, isOpen, now, state } from "../base/store.js";
import { age, clock } from "../base/time.js";

const isHome = (site) => state.sites.find((one) => one.site === site)?.kind === "home";
export const mayLook = (alarm) => {
  const role = state.status?.role;
  if (!alarm.resident || !isOpen(alarm)) return false;
  if (state.status?.auth === "none" || role === "supervisor") return true;
  const me = state.session?.by;
  return role === "dispatcher" && !!me && (alarm.acked_by === me || alarm.owner === me);
};

function Phone({ number }) {
  if (!number) return null;
  return (
    <a class="call" href={`tel:${number.replace(/[^+\d]/g, "")}`}>
      {t("call")} {number}
    </a>
  );
}

function Card({ found }) {
  const { person, last_activity: last } = found;
  return (
    <div class="person">
      {!person && <p>{t("notNamed")}</p>}
      {person && (
        <p>
          <b>{person.name}</b> <Phone number={person.phone} />
          {person.address && <span class="address">{person.address}</span>}
          {person.remark && <span>{person.remark}</span>}
        </p>
      )}
      {person?.allergies && (
        <p>
          ! {t("allergies")} <b>{person.allergies}</b>
        </p>
      )}
      {person?.contacts?.length > 0 && (
        <ul class="plain">
          {person.contacts.map((one, i) => (
            <li key={i}>
              {[one.relation, one.name].filter(Boolean).join(" ")} <Phone number={one.phone} />
            </li>
          ))}
        </ul>
      )}
      <p class="dim" title={last?.at}>
        {last ? t("lastActivity", clock(last.at), age(now() - Date.parse(last.at)), last.device) : t("noActivity")}
      </p>
    </div>
  );
}

export function Person({ alarm, asked }) {
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState("");
  const me = state.session?.by;
  const look = () =>
    ask(`/api/v1/alarms/${encodeURIComponent(alarm.id)}/person`).then((person) => (setFound(person), setProblem("")), (error) => setProblem(error.message));
  const isMine = !!me && alarm.acked_by === me && alarm.vital && isHome(alarm.site);
  useEffect(() => {
    if ((asked || isMine) && !found && mayLook(alarm)) look();
  }, [asked, isMine]);
  if (!alarm.resident || !isOpen(alarm)) return null;
  return (
    <section class="about">
      {!found && mayLook(alarm) && (
        <button class="quiet" onClick={look} title={t("audited")}>
          {t("who")} <kbd>P</kbd>
        </button>
      )}
      {!found && !mayLook(alarm) && <p class="fine">{t("whoLater")}</p>}
      {problem && <p class="notice">{t("failed", problem)}</p>}
      {found && <Card found={found} />}
    </section>
  );
}
