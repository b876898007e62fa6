/*
 * capture.c - see capture.h. The payload of a line may be text, which is taken as it is, or
 * any other JSON value, which is written out again.
 */
#include "core/ingest/capture.h"

#include <errno.h>

#include "base/json_out.h"
#include "base/str.h"
#include "core/ingest/document.h"

/* ---- a document as text ---- */

static void write_scalar(const struct cw_node *node, struct json_out *out)
{
    switch (node->type) {
    case CW_NODE_BOOL:
        json_bool(out, node->v.boolean != 0);
        break;
    case CW_NODE_INT:
    case CW_NODE_REAL:
        json_raw(out, node->raw);
        break;
    case CW_NODE_TEXT:
        json_text(out, node->v.text);
        break;
    default:
        json_null(out);
    }
}

static void write_end(const struct cw_node *node, struct json_out *out)
{
    if (node->type == CW_NODE_ARRAY)
        json_array_end(out);
    else
        json_object_end(out);
}

#define MAX_DEPTH 32

void capture_write_json(const struct cw_doc *doc, uint32_t first, struct buf *buf)
{
    uint32_t open[MAX_DEPTH];
    uint32_t depth = 0, end = doc->node[first].next;
    struct json_out out;
    json_out_init(&out, buf);
    for (uint32_t i = first; i < end && i < doc->n_nodes; i++) {
        const struct cw_node *node = &doc->node[i];
        while (depth > 0 && i >= doc->node[open[depth - 1]].next)
            write_end(&doc->node[open[--depth]], &out);
        if (i != first && depth > 0 && doc->node[open[depth - 1]].type == CW_NODE_OBJECT) {
            struct json_out *o = &out;
            if (o->comma)
                buf_add_char(buf, ',');
            o->comma = false;
            json_text(o, node->key);
            buf_add_char(buf, ':');
            o->comma = false;
        }
        if (node->type != CW_NODE_ARRAY && node->type != CW_NODE_OBJECT) {
            write_scalar(node, &out);
        } else if (depth < MAX_DEPTH) {
            open[depth++] = i;
            if (node->type == CW_NODE_ARRAY)
                json_array(&out);
            else
                json_object(&out);
        }
    }
    while (depth > 0)
        write_end(&doc->node[open[--depth]], &out);
}

/* ---- base64 (RFC 4648 section 4) ---- */

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int base64_read(struct cw_str text, struct buf *out)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;
    while (text.n > 0 && text.p[text.n - 1] == '=')
        text.n--;
    for (size_t i = 0; i < text.n; i++) {
        int value = base64_value(text.p[i]);
        if (value < 0)
            return -EINVAL;
        bits = bits << 6 | (uint32_t)value;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            buf_add_char(out, (char)(unsigned char)(bits >> n_bits & 0xff));
        }
    }
    return out->full ? -E2BIG : 0;
}

/* ---- the kinds of lines ---- */

static int read_message(const struct cw_doc *doc, const struct cw_node *line,
                        struct record *record, struct buf *room, struct cw_error *err)
{
    struct cw_str base64;
    bool retain = false, dup = false;
    int64_t qos = 0, id = 0;
    const struct cw_node *payload = document_member(doc, line, "payload");
    int ret = document_text(doc, line, "topic", &record->topic, err);
    if (ret)
        return ret == -ENOENT ? err_set(err, -EINVAL, "the line has no topic") : ret;
    record->kind = RECORD_MESSAGE;
    if (payload && payload->type == CW_NODE_TEXT) {
        record->payload = payload->v.text;
    } else if (payload) {
        capture_write_json(doc, (uint32_t)(payload - doc->node), room);
        record->payload = buf_str(room);
    } else if (document_text(doc, line, "payload_b64", &base64, NULL) == 0) {
        if (base64_read(base64, room) != 0)
            return err_set(err, -EINVAL, "payload_b64 is not base64");
        record->payload = buf_str(room);
    }
    (void)document_bool(doc, line, "retain", &retain, NULL);
    (void)document_bool(doc, line, "dup", &dup, NULL);
    (void)document_int(doc, line, "qos", &qos, NULL);
    (void)document_int(doc, line, "message_id", &id, NULL);
    record->flags = (uint8_t)((retain ? RECORD_RETAIN : 0) | (dup ? RECORD_DUP : 0) |
                              (qos == 1 ? RECORD_QOS1 : 0) | (qos == 2 ? RECORD_QOS2 : 0));
    record->message_id = (uint16_t)id;
    record->source = 1;
    return 0;
}

int capture_read(const struct cw_doc *doc, struct record *record, struct buf *room,
                 struct cw_error *err)
{
    const struct cw_node *line = document_object(doc), *payload;
    struct cw_str text;
    *record = (struct record){0};
    buf_clear(room);
    if (!line)
        return err_set(err, -EINVAL, "the line is not a JSON object");
    int ret = document_int(doc, line, "ns", &record->arrived_ns, err);
    if (ret)
        return ret == -ENOENT ? err_set(err, -EINVAL, "the line has no ns") : ret;
    if (document_text(doc, line, "command", &text, NULL) == 0) {
        record->kind = RECORD_COMMAND;
        record->topic = text;
        capture_write_json(doc, 0, room);
        record->payload = buf_str(room);
        return room->full ? err_set(err, -EINVAL, "the command is too long") : 0;
    }
    if (document_text(doc, line, "registry", &text, NULL) == 0) {
        payload = document_member(doc, line, "payload");
        record->kind = RECORD_REGISTRY;
        record->topic = text;
        if (!payload || payload->type != CW_NODE_OBJECT)
            return err_set(err, -EINVAL, "the registry line has no payload");
        capture_write_json(doc, (uint32_t)(payload - doc->node), room);
        record->payload = buf_str(room);
        return room->full ? err_set(err, -EINVAL, "the registry line is too long") : 0;
    }
    if (document_text(doc, line, "link", &text, NULL) == 0) {
        record->kind = RECORD_LINK;
        record->source = 1;
        record->payload = text;
        return 0;
    }
    return read_message(doc, line, record, room, err);
}
