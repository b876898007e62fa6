/*
 * account.c - one walk over the book for each part of the account.
 */
#include "core/oversight/account.h"

#include "core/oversight/duty_calendar.h"
#include "core/oversight/ledger.h"
#include "core/service/service.h"

/* ---- activities ---- */

static bool is_at(const struct fold *fold, const struct site *site, struct cw_str org)
{
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(site->id));
    return str_is(org, site->id) ||
           (registration && entry_lists(registration, "operators", org));
}

/* Who was helped, trained and told are different people: three numbers, never a sum. */
static void write_activities(const struct fold *fold, struct cw_str org, struct json_out *out)
{
    static const char *const column[N_ACTIVITY_CATEGORIES][2] = {
        {"service_sessions", "beneficiaries"},
        {"training_sessions", "trainees"},
        {"publicity_sessions", "audience"}};
    uint64_t sum[N_ACTIVITY_CATEGORIES][2] = {{0}};
    int64_t n_sites = 0;
    for (uint32_t i = 0; i < fold->registry.n_sites; i++) {
        const struct site *site = fold->registry.site[i];
        if (!is_at(fold, site, org))
            continue;
        n_sites++;
        for (size_t k = 0; k < N_ACTIVITY_CATEGORIES; k++) {
            sum[k][0] += site->held[k].n_sessions;
            sum[k][1] += site->held[k].n_persons;
        }
    }
    json_key(out, "activities");
    json_object(out);
    json_member_int(out, "sites", n_sites);
    for (size_t k = 0; k < N_ACTIVITY_CATEGORIES; k++)
        for (size_t m = 0; m < 2; m++)
            json_member_int(out, column[k][m], (int64_t)sum[k][m]);
    json_object_end(out);
}

/* ---- cases ---- */

static bool is_its(const struct entry *entry, const struct entry_kind *kind, struct cw_str org)
{
    return entry && entry->kind == kind && str_eq(entry_org(entry), org);
}

/* Those of a kind; of duties only the ones of that name, or without one all the others. */
static bool duty_fits(const struct entry *entry, const char *duty)
{
    static const char *const apart[] = {"disclosure", "annual_inspection", "annual_report"};
    struct cw_str name = entry_text(entry, "duty");
    if (duty)
        return str_is(name, duty);
    for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
        if (str_is(name, apart[i]))
            return false;
    return true;
}

static void write_cases(const struct fold *fold, const char *key, const struct entry_kind *kind,
                        const char *duty, struct cw_str org, struct json_out *out)
{
    json_key(out, key);
    json_array(out);
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (is_its(entry, kind, org) && (kind != &kind_duties || duty_fits(entry, duty)))
            entry_json(fold, entry, false, out);
    }
    json_array_end(out);
}

static void write_overdue(const struct fold *fold, struct cw_str org, struct json_out *out)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        n += entry && entry->kind->state && str_eq(entry_org(entry), org) &&
             entry->told & TOLD_OVERDUE;
    }
    json_member_int(out, "overdue", n);
}

void account_json(const struct fold *fold, const struct entry *org, struct json_out *out)
{
    struct cw_str id = str_of(org->id);
    json_object(out);
    json_key(out, "organisation");
    entry_json(fold, org, false, out);
    write_overdue(fold, id, out);
    write_activities(fold, id, out);
    write_cases(fold, "disclosure", &kind_duties, "disclosure", id, out);
    write_cases(fold, "honesty", &kind_credit, NULL, id, out);
    write_cases(fold, "evaluation", &kind_evaluations, NULL, id, out);
    write_cases(fold, "annual_inspection", &kind_duties, "annual_inspection", id, out);
    write_cases(fold, "annual_report", &kind_duties, "annual_report", id, out);
    write_cases(fold, "other_duties", &kind_duties, NULL, id, out);
    write_cases(fold, "inspections", &kind_inspections, NULL, id, out);
    write_cases(fold, "complaints", &kind_complaints, NULL, id, out);
    write_cases(fold, "projects", &kind_projects, NULL, id, out);
    json_object_end(out);
}
