// beds.jsx - the beds of a place, floor by floor: free, taken, away, alarmed, not heard. A cell
// says so by its words and its frame; colour only comes with an alarm.
import { t, word } from "../base/i18n.js";
import { isWaiting } from "../base/store.js";
import { weight } from "../base/urgency.js";
import { link } from "../base/url.js";

const bySize = (a, b) => String(a).localeCompare(String(b), "en", { numeric: true });

function Bed({ bed, resident, alarm, silent, site }) {
  const status = resident?.status === "away" ? "away" : (bed.status ?? (bed.resident ? "occupied" : "free"));
  const says = [word(status === "closed" ? "retired" : status), alarm && t("alarmOf", t(alarm.priority)), silent && t("silent")].filter(Boolean);
  const inside = (
    <>
      <b class="number">{bed.bed}</b>
      {alarm && <i class={`glyph ${alarm.priority} ${isWaiting(alarm) ? "flash" : ""}`} aria-hidden="true" />}
      <small>{says.join(" · ")}</small>
    </>
  );
  const look = `bed ${status} ${silent ? "unheard" : ""}`;
  return (
    <li class={look}>{bed.resident ? <a href={link("resident", bed.resident, { site })}>{inside}</a> : <span>{inside}</span>}</li>
  );
}

export function Beds({ beds, residents, site, open, devices }) {
  if (beds.length === 0) return <p class="empty">{t("noBeds")}</p>;
  const resident = new Map(residents.map((one) => [one.resident, one]));
  const worst = new Map();
  for (const alarm of open) {
    const bed = alarm.bed ?? resident.get(alarm.resident)?.bed;
    if (bed && !(weight[worst.get(bed)?.priority] <= weight[alarm.priority])) worst.set(bed, alarm);
  }
  const ofBed = new Map();
  for (const device of devices) if (device.bed) ofBed.set(device.bed, [...(ofBed.get(device.bed) ?? []), device]);
  const floors = new Map();
  for (const bed of beds) {
    const name = [bed.building, bed.floor].filter(Boolean).join(" · ");
    floors.set(name, [...(floors.get(name) ?? []), bed]);
  }
  return (
    <div id="beds">
      {[...floors].sort(([a], [b]) => bySize(a, b)).map(([floor, list]) => (
        <section key={floor}>
          <h3>{floor ? t("floor", floor) : t("beds")}</h3>
          <ul class="beds">
            {list.sort((a, b) => bySize(a.bed, b.bed)).map((bed) => {
              const own = ofBed.get(bed.bed) ?? [];
              return (
                <Bed
                  key={bed.bed}
                  {...{ bed, site }}
                  resident={resident.get(bed.resident)}
                  alarm={worst.get(bed.bed)}
                  silent={own.length > 0 && own.every((device) => device.connection !== "online")}
                />
              );
            })}
          </ul>
        </section>
      ))}
    </div>
  );
}
