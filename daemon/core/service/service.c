/*
 * service.c - the door for events: type, authority, repeat, members, then the row's function.
 *
 * An id is kept only once its event was applied, so a facility may send a refused event again
 * when it has mended it.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/ingest/document.h"
#include "core/service/event_types.h"
#include "core/service/service.h"
#include "core/service/visit_private.h"

void service_init(struct service *service)
{
    *service = (struct service){0};
    map_init(&service->visit);
    map_init(&service->by_worker);
    seen_init(&service->seen);
    tallies_init(&service->tallies);
    activity_months_init(&service->months);
}

void service_done(struct service *service)
{
    for (uint32_t i = 0; i < service->n_visits; i++)
        free(service->by_number[i]);
    free(service->by_number);
    free(service->free_number);
    map_done(&service->visit);
    visit_ids_done(&service->by_id);
    visit_peers_done(service);
    seen_done(&service->seen);
    tallies_done(&service->tallies);
    activity_months_done(&service->months);
    *service = (struct service){0};
}

void service_housekeeping(struct fold *fold)
{
    seen_expire(&fold->service->seen, fold->now_ns);
}

/* ---- reading ---- */

static enum cw_refusal read_head(struct event *event, const struct event_type **type,
                                 uint32_t *row, struct cw_str *id)
{
    struct cw_str name = {0};
    event->root = document_object(event->doc);
    if (!event->root) {
        err_set(event->err, 0, "An event is an object with \"id\", \"ts\" and \"type\".");
        return CW_REFUSED_SHAPE;
    }
    int code = document_text(event->doc, event->root, "type", &name, event->err);
    if (code == -ENOENT)
        err_set(event->err, 0, "The event has no member \"type\".");
    if (code)
        return CW_REFUSED_EVENT;
    *type = event_type_find(name, row);
    if (!*type) {
        err_set(event->err, 0, "There is no event type \"%.*s\".", (int)utf8_cut(name, 64),
                name.p);
        return CW_REFUSED_EVENT;
    }
    if (!((*type)->from & (1u << event->site->kind))) {
        err_set(event->err, 0, "A site of kind %s may not say %s.", event->site->kind_text,
                (*type)->name);
        return CW_REFUSED_NOT_AUTHORISED;
    }
    code = document_id(event->doc, event->root, "id", id, event->err);
    if (code == -ENOENT)
        err_set(event->err, 0, "The %s has no member \"id\".", (*type)->name);
    return code ? CW_REFUSED_EVENT : CW_ACCEPTED;
}

static int read_required(const struct event *event, const struct event_member *member)
{
    struct cw_str text;
    int64_t number = 0;
    int code = 0;
    switch (member->kind) {
    case MEMBER_ID:
        code = document_id(event->doc, event->root, member->name, &text, event->err);
        break;
    case MEMBER_TEXT:
        code = document_text(event->doc, event->root, member->name, &text, event->err);
        break;
    case MEMBER_TIME:
        code = document_time(event->doc, event->root, member->name, &number, event->err);
        break;
    case MEMBER_COUNT:
        code = document_int(event->doc, event->root, member->name, &number, event->err);
        if (code == 0 && number < 0)
            code = err_set(event->err, -EINVAL, "The member \"%s\" must not be negative.",
                           member->name);
        break;
    }
    if (code == -ENOENT)
        err_set(event->err, 0, "The event has no member \"%s\".", member->name);
    return code;
}

enum cw_refusal event_read_members(struct event *event, const struct event_type *type)
{
    event->at_ns = event->fold->now_ns;
    if (document_time(event->doc, event->root, "ts", &event->at_ns, event->err) == -EINVAL)
        return CW_REFUSED_EVENT;
    if (event->at_ns > event->fold->now_ns)
        event->at_ns = event->fold->now_ns;
    for (size_t i = 0; i < MAX_REQUIRED && type->required[i].name; i++)
        if (read_required(event, &type->required[i]))
            return CW_REFUSED_EVENT;
    return CW_ACCEPTED;
}

/* Members that any event may have, and whoever looks at them wants as ids. */
static enum cw_refusal read_ids(const struct event *event)
{
    static const char *const id[] = {"bed",     "resident", "by",  "device",   "worker",
                                     "service", "project",  "org", "recipient"};
    struct cw_str text;
    for (size_t i = 0; i < sizeof(id) / sizeof(id[0]); i++)
        if (document_id(event->doc, event->root, id[i], &text, event->err) == -EINVAL)
            return CW_REFUSED_EVENT;
    return CW_ACCEPTED;
}

/* A department speaks about other sites, the recipient's channel about who served them;
 * anybody else about itself alone. */
static bool speaks_of_others(const struct site *sender, const struct event_type *type)
{
    bool is_channel = !(type->from & (1u << SITE_PROVIDER)) && type->from & (1u << SITE_HOME);
    return sender->kind == SITE_DEPARTMENT || is_channel;
}

static enum cw_refusal read_site(struct event *event, const struct event_type *type)
{
    struct cw_str id = str_of(event->site->id);
    if (document_id(event->doc, event->root, "site", &id, event->err) == -EINVAL)
        return CW_REFUSED_EVENT;
    if (str_is(id, event->site->id))
        return CW_ACCEPTED;
    if (!speaks_of_others(event->site, type)) {
        err_set(event->err, 0, "The event is of site \"%.*s\", its topic of \"%s\".", (int)id.n,
                id.p, event->site->id);
        return CW_REFUSED_WRONG_SITE;
    }
    struct site *site = registry_site(&event->fold->registry, id);
    if (!site) {
        err_set(event->err, 0, "There is no site \"%.*s\".", (int)id.n, id.p);
        return CW_REFUSED_EVENT;
    }
    event->site = site;
    return CW_ACCEPTED;
}

static void tell_accepted(struct fold *fold, const struct site *site, struct cw_str id)
{
    if (fold->sink->accepted)
        fold->sink->accepted(fold->sink->ctx, str_of(site->id), id);
}

enum cw_refusal service_event(struct fold *fold, struct site *site, struct device *device,
                              const struct cw_doc *doc, bool *is_repeat, struct cw_error *err)
{
    struct service *service = fold->service;
    struct event event = {.fold = fold, .site = site, .sender = site, .doc = doc, .err = err};
    const struct event_type *type = NULL;
    uint32_t row = 0;
    struct cw_str id = {0};
    (void)device; /* who pressed is the detectors' concern */
    *is_repeat = false;
    enum cw_refusal refusal = read_head(&event, &type, &row, &id);
    if (refusal)
        return refusal;
    if (seen_has(&service->seen, site, id)) {
        *is_repeat = true;
        fold->counters.n_repeats++;
        tell_accepted(fold, site, id);
        return CW_ACCEPTED;
    }
    refusal = event_read_members(&event, type);
    if (!refusal)
        refusal = read_ids(&event);
    if (!refusal)
        refusal = read_site(&event, type);
    if (!refusal && type->apply)
        refusal = type->apply(&event);
    if (refusal)
        return refusal;
    if (event.visit)
        visit_trail(&event, type->name);
    if (service->happened)
        service->happened(fold, event.site, type->name, doc, event.at_ns);
    service->n_by_type[row]++;
    seen_add(&service->seen, site, id, fold->now_ns);
    tell_accepted(fold, site, id);
    return CW_ACCEPTED;
}
