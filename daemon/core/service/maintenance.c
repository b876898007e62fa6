/*
 * maintenance.c - a facility says that it works on a device or on the whole site, and until
 * when: core/alarm/quiet.h keeps its alarms aside so long. Calls, smoke and gas go on.
 */
#include "core/ingest/document.h"
#include "core/service/event_types.h"

/* "device", or "" for the whole site. */
static struct cw_str device_of(const struct event *event)
{
    struct cw_str device = CW_STR("");
    (void)document_id(event->doc, event->root, "device", &device, NULL);
    return device;
}

static struct cw_str by_of(const struct event *event)
{
    struct cw_str by = CW_STR("");
    (void)document_id(event->doc, event->root, "by", &by, NULL);
    return by;
}

enum cw_refusal maintenance_begin(struct event *event)
{
    struct fold *fold = event->fold;
    int64_t until_ns = 0;
    (void)document_time(event->doc, event->root, "until", &until_ns, NULL);
    /* One that is over already came late: there is nothing to keep aside. */
    if (until_ns <= fold->now_ns)
        return CW_ACCEPTED;
    return quiet_maintain(fold, str_of(event->site->id), device_of(event), until_ns,
                          by_of(event), event->err)
               ? CW_REFUSED_LIMIT
               : CW_ACCEPTED;
}

enum cw_refusal maintenance_end(struct event *event)
{
    (void)quiet_maintained(event->fold, str_of(event->site->id), device_of(event));
    return CW_ACCEPTED;
}
