/*
 * document.h - questions about a decoded JSON document (struct cw_doc). Pure, no copies.
 *
 * Nodes are in pre-order (carewatch/event.h). The document may be empty or hand-made; no
 * question reads past its n_nodes.
 */
#ifndef CORE_INGEST_DOCUMENT_H
#define CORE_INGEST_DOCUMENT_H

#include <stdbool.h>

#include <carewatch/plugin.h>

/* The root when it is an object, else NULL. */
const struct cw_node *document_object(const struct cw_doc *doc);
/* A member of an object, or NULL (also when it is null). */
const struct cw_node *document_member(const struct cw_doc *doc, const struct cw_node *object,
                                      const char *key);
/* Walks the children: child = NULL first; NULL at the end. */
const struct cw_node *document_next(const struct cw_doc *doc, const struct cw_node *parent,
                                    const struct cw_node *child);

/* What a member holds. 0; -ENOENT when it is not there (*value untouched); -EINVAL with err
 * naming it when it is of another type or not valid. */
int document_id(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                struct cw_str *value, struct cw_error *err);
int document_text(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                  struct cw_str *value, struct cw_error *err);
int document_bool(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                  bool *value, struct cw_error *err);
int document_int(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                 int64_t *value, struct cw_error *err);
int document_real(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                  double *value, struct cw_error *err);
/* Integer milliseconds since the epoch, or RFC 3339 text; between 1970 and 2200. */
int document_time(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                  int64_t *ns, struct cw_error *err);
/* The same of a node that is at hand; 0 or -EINVAL. */
int document_node_time(const struct cw_node *node, int64_t *ns);
/* "90s", "5h"; or a number of seconds. */
int document_duration(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                      int64_t *ns, struct cw_error *err);

#endif
