/*
 * occupancy.c - occupancy.changed: how many beds a site has and how many are taken, as of when.
 * More taken than there are cannot be.
 */
#include "base/instant.h"
#include "core/ingest/document.h"
#include "core/service/event_types.h"

enum cw_refusal occupancy_changed(struct event *event)
{
    int64_t beds = 0, occupied = 0;
    char text[INSTANT_MAX];
    if (document_int(event->doc, event->root, "beds", &beds, event->err) ||
        document_int(event->doc, event->root, "occupied", &occupied, event->err))
        return CW_REFUSED_EVENT;
    if (occupied > beds || beds > 100000) {
        err_set(event->err, 0, "%lld of %lld beds cannot be occupied.", (long long)occupied,
                (long long)beds);
        return CW_REFUSED_EVENT;
    }
    struct entry_draft draft = {.kind = &kind_sites};
    (void)str_copy(draft.id, sizeof(draft.id), str_of(event->site->id));
    draft_set_int(&draft, "beds", beds);
    draft_set_int(&draft, "occupied", occupied);
    draft_set_text(&draft, "occupied_at",
                   (struct cw_str){text, instant_format(event->at_ns, text)});
    int code = draft_check(&draft, event->fold, event->err);
    if (code == 0)
        (void)draft_apply(&draft, event->fold, "occupancy.changed", str_of(event->sender->id),
                          CW_STR(""), NULL);
    draft_done(&draft);
    return code ? CW_REFUSED_LIMIT : CW_ACCEPTED;
}
