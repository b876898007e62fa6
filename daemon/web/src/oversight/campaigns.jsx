// campaigns.jsx - rounds of inspection: whom they concern and who goes there is drawn by lot, with
// the seed and the list of candidates beside the result, so that anybody can draw it again.
import { t, word } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { is, say, saying } from "../base/steps.js";
import { readAll } from "../base/store.js";
import { Answer, Day, State, Table } from "../parts/kit.jsx";
import { Form } from "../parts/form.jsx";

const fields = [
  { name: "title", label: "campaignTitle", required: true },
  { name: "domain", label: "inspectedDomain", options: ["safety", "quality", "finance", "other"] },
  { name: "of", label: "drawnFrom", options: ["site", "organisation"] },
  { name: "count", label: "howMany", type: "number", required: true },
  { name: "pool", label: "inspectorPool", type: "lines", required: true },
  { name: "recused", label: "recusedOnes", type: "lines" },
];
const may = () => is("supervisor", "admin", "district");

export function Campaigns() {
  const found = useRead(() => readAll("/api/v1/campaigns"), 15, "campaigns");
  return (
    <>
      {may() && <Form id="campaign" title="planCampaign" fields={fields} send={(body, key) => say("campaigns", key, "planned", body, key)} />}
      <Answer of={found}>
        <Table
          id="campaigns"
          rows={found.data ?? []}
          keyOf={(row) => row.id}
          columns={[
            ["campaignTitle", (row) => row.title ?? row.id],
            ["inspectedDomain", (row) => word(row.domain)],
            ["state", (row) => <State name={row.state} />],
            ["from", (row) => <Day iso={row.from} />],
            ["until", (row) => <Day iso={row.until} />],
            ["howMany", (row) => row.count, "number"],
            ["drawnOnes", (row) => row.drawn?.join(" · ")],
            ["drawProof", (row) => row.seed && t("drawnOf", row.candidates, row.seed, row.candidates_hash)],
            ["action", (row) => may() && (
              <>
                {row.state === "planned" && <Form id={`draw-${row.id}`} title="drawNow" send={saying("campaigns", row.id, "drawn")} />}
                {row.state !== "closed" && <Form id={`end-${row.id}`} title="endCampaign" send={saying("campaigns", row.id, "closed")} />}
              </>
            )],
          ]}
        />
      </Answer>
    </>
  );
}
