/*
 * api_oversight.c - what the configured rules say (duties, lists, schemes with titles and
 * sources, the inspectors' checklist), and the account of one organisation: all that its
 * ledgers hold, in one answer.
 */
#include <string.h>

#include "api/api_private.h"
#include "core/oversight/account.h"
#include "core/oversight/statute.h"

static void texts(struct json_out *out, const char *key, const char *const *list)
{
    json_key(out, key);
    json_array(out);
    for (; list && *list; list++)
        json_text(out, str_of(*list));
    json_array_end(out);
}

static void write_duties(const struct ruleset *rules, struct json_out *out)
{
    json_key(out, "duties");
    json_array(out);
    for (uint32_t i = 0; i < rules->n_duties; i++) {
        const struct duty_rule *duty = &rules->duty[i];
        json_object(out);
        json_member_text(out, "duty", str_of(duty->name));
        json_member_opt(out, "title", str_of(duty->title));
        json_member_text(out, "source", str_of(duty->source));
        json_member_text(out, "of", str_of(duty->of));
        json_member_opt(out, "types", str_of(duty->types));
        texts(out, "due", duty->due);
        json_member_bool(out, "judged", duty->is_judged);
        json_member_opt(out, "done_by", str_of(duty->done_by));
        json_object_end(out);
    }
    json_array_end(out);
}

static void write_lists(const struct ruleset *rules, struct json_out *out)
{
    json_key(out, "lists");
    json_array(out);
    for (uint32_t i = 0; i < rules->n_lists; i++) {
        const struct list_rule *list = &rules->list[i];
        json_object(out);
        json_member_text(out, "list", str_of(list->name));
        json_member_opt(out, "title", str_of(list->title));
        json_member_text(out, "source", str_of(list->source));
        json_member_opt(out, "clause", str_of(list->clause));
        json_member_bool(out, "honour", list->is_honour);
        json_member_bool(out, "public", list->is_public);
        json_member_int(out, "answer_days", list->answer_days);
        json_member_int(out, "months", list->months);
        json_member_int(out, "repair_months", list->repair_months);
        texts(out, "measures", list->measures);
        json_object_end(out);
    }
    json_array_end(out);
}

static void write_schemes(const struct ruleset *rules, struct json_out *out)
{
    json_key(out, "schemes");
    json_array(out);
    for (uint32_t i = 0; i < rules->n_schemes; i++) {
        const struct scheme *scheme = &rules->scheme[i];
        json_object(out);
        json_member_text(out, "scheme", str_of(scheme->name));
        json_member_opt(out, "title", str_of(scheme->title));
        json_member_text(out, "source", str_of(scheme->source));
        json_member_opt(out, "in_force", str_of(scheme->in_force));
        json_member_opt(out, "types", str_of(scheme->types));
        texts(out, "sections", scheme->sections);
        texts(out, "grades", scheme->grades);
        json_member_int(out, "years", scheme->years);
        json_member_int(out, "panel", scheme->panel);
        json_object_end(out);
    }
    json_array_end(out);
}

static void write_checklist(const struct ruleset *rules, struct json_out *out)
{
    json_key(out, "checklist");
    json_array(out);
    for (uint32_t i = 0; i < rules->n_checks; i++) {
        const struct check_item *check = &rules->check[i];
        json_object(out);
        json_member_text(out, "item", str_of(check->name));
        json_member_text(out, "domain", str_of(check->domain));
        json_member_opt(out, "clause", str_of(check->clause));
        json_key(out, "text");
        json_object(out);
        json_member_text(out, "zh", str_of(check->text));
        json_member_opt(out, "en", str_of(check->text_en));
        json_object_end(out);
        json_object_end(out);
    }
    json_array_end(out);
}

void handle_statutes(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct ruleset *rules = api_fold(api)->rules;
    struct json_out out;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    write_duties(rules, &out);
    write_lists(rules, &out);
    write_schemes(rules, &out);
    write_checklist(rules, &out);
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

void handle_account(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct entry *org = entry_or_404(exchange);
    struct json_out out;
    if (!org)
        return;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    account_json(api_fold(api), org, &out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}
