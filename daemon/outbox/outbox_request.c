/*
 * outbox_request.c - the alarm of a row, read back by the JSON decoder every payload goes
 * through, and given to the channel's plugin.
 */
#include "outbox/outbox_request.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "core/ingest/document.h"
#include "io/plugin_load.h"

#define MAX_BODY_BYTES (64u << 10)
#define MAX_TEXT_BYTES 4096u
#define MAX_ALARM_NODES 512u
#define MAX_ANSWER 4096u
#define READABLE_BEHIND 64 /* decoders may read past the end */

int request_writer_init(struct request_writer *writer, struct cw_error *err)
{
    *writer = (struct request_writer){.json = plugin_find(CW_DECODER, "json")};
    if (!writer->json)
        return err_set(err, -ENOENT, "there is no decoder named json");
    writer->self = xcalloc(1, writer->json->self_size + 1);
    if (writer->json->option)
        option_presets(writer->json->option, writer->self);
    return writer->json->open ? writer->json->open(writer->self, err) : 0;
}

void request_writer_done(struct request_writer *writer)
{
    if (writer->self && writer->json->close)
        writer->json->close(writer->self);
    if (writer->self && writer->json->option)
        option_free(writer->json->option, writer->self);
    free(writer->self);
    *writer = (struct request_writer){0};
}

void request_room(struct cw_request *request)
{
    *request = (struct cw_request){.max_text = MAX_TEXT_BYTES, .max_body = MAX_BODY_BYTES};
    request->text = xmalloc(MAX_TEXT_BYTES);
    request->body = xmalloc(MAX_BODY_BYTES);
}

void request_free(struct cw_request *request)
{
    free(request->text);
    free(request->body);
    *request = (struct cw_request){0};
}

static struct cw_str text_of(const struct cw_doc *doc, const struct cw_node *object,
                             const char *key)
{
    struct cw_str text = CW_STR("");
    (void)document_text(doc, object, key, &text, NULL);
    return text;
}

/* The row's alarm as a notifier sees it; what its JSON lacks is empty. */
static void alarm_of_doc(const struct cw_doc *doc, const struct telling *telling,
                         struct cw_alarm *alarm)
{
    const struct outbox_row *row = telling->row;
    const struct cw_node *root = document_object(doc);
    const struct cw_node *text = root ? document_member(doc, root, "text") : NULL;
    const struct cw_node *action = root ? document_member(doc, root, "action") : NULL;
    struct {
        const char *key;
        struct cw_str *value;
    } member[] = {
        {"state", &alarm->state},       {"rule", &alarm->rule},
        {"kind", &alarm->kind},         {"category", &alarm->category},
        {"risk", &alarm->risk},         {"site", &alarm->site},
        {"district", &alarm->district}, {"device", &alarm->device},
        {"resident", &alarm->resident}, {"bed", &alarm->bed},
    };
    *alarm = (struct cw_alarm){.id = str_of(row->alarm), .rev = row->rev};
    alarm->change = str_of(row->change);
    alarm->to = row_is_to_person(row) ? str_of(row->to) : CW_STR("");
    alarm->address = str_of(telling->address ? telling->address : "");
    alarm->json = str_of(row->alarm_json);
    alarm->value = alarm->limit = NAN;
    for (size_t i = 0; root && i < sizeof(member) / sizeof(member[0]); i++)
        *member[i].value = text_of(doc, root, member[i].key);
    if (text) {
        alarm->text_zh = text_of(doc, text, "zh");
        alarm->text_en = text_of(doc, text, "en");
    }
    if (action) {
        alarm->action_zh = text_of(doc, action, "zh");
        alarm->action_en = text_of(doc, action, "en");
    }
    bool active = false, drill = false;
    if (root) {
        struct cw_str priority = text_of(doc, root, "priority");
        alarm->priority = str_is(priority, "high")     ? CW_PRIORITY_HIGH
                          : str_is(priority, "medium") ? CW_PRIORITY_MEDIUM
                                                       : CW_PRIORITY_LOW;
        (void)document_real(doc, root, "value", &alarm->value, NULL);
        (void)document_real(doc, root, "limit", &alarm->limit, NULL);
        (void)document_time(doc, root, "raised_at", &alarm->raised_ns, NULL);
        (void)document_bool(doc, root, "active", &active, NULL);
        (void)document_bool(doc, root, "drill", &drill, NULL);
    }
    alarm->active = active;
    alarm->drill = drill;
    alarm->changed_ns = row->at_ns ? row->at_ns : alarm->raised_ns;
}

bool row_is_to_person(const struct outbox_row *row)
{
    return row->to[0] != '\0' && strcmp(row->to, row->channel) != 0;
}

uint32_t request_address(const struct channel *channel, const struct outbox_row *row)
{
    const struct cw_notifier *notifier = channel->plugin->ops.notifier;
    return notifier->address && row_is_to_person(row) ? notifier->address(channel->self)
                                                      : CW_ADDRESS_NONE;
}

int request_write(struct request_writer *writer, const struct channel *channel,
                  const struct telling *telling, struct cw_request *request,
                  struct cw_error *err)
{
    struct cw_alarm alarm;
    struct buf json;
    struct cw_batch batch = {.max_nodes = MAX_ALARM_NODES, .max_text = MAX_BODY_BYTES};
    buf_init(&json, MAX_BODY_BYTES + READABLE_BEHIND);
    buf_add_text(&json, telling->row->alarm_json);
    size_t n = json.n;
    char *pad = buf_room(&json, READABLE_BEHIND);
    if (pad)
        memset(pad, 0, READABLE_BEHIND);
    batch.node = xcalloc(MAX_ALARM_NODES, sizeof(*batch.node));
    batch.text = xmalloc(MAX_BODY_BYTES);
    int ret = pad ? 0 : err_set(err, -E2BIG, "the alarm is longer than 64 KiB");
    if (ret == 0 && writer->json->ops.decoder->document(
                        writer->self, (struct cw_str){json.p, n}, &batch, err) != CW_ACCEPTED)
        ret = -EBADMSG;
    if (ret == 0) {
        struct cw_doc doc = {batch.node, batch.n_nodes};
        alarm_of_doc(&doc, telling, &alarm);
        if (telling->now_ns - alarm.changed_ns > channel->give_up_ns)
            ret = err_set(err, -ESTALE, "given up, it could not be told for too long");
    }
    if (ret == 0)
        ret = channel->plugin->ops.notifier->render(channel->self, &alarm, telling->wall_ns,
                                                    request, err);
    free(batch.node);
    free(batch.text);
    buf_done(&json);
    return ret;
}

void request_call(const struct cw_request *request, const struct channel *channel,
                  struct http_call *call)
{
    *call = (struct http_call){
        .method = request->method,
        .url = request->url,
        .header = request->header,
        .n_headers = request->n_headers,
        .body = {request->body, request->n_body},
        .timeout_ns = channel->timeout_ns,
        .max_answer = MAX_ANSWER,
    };
}
