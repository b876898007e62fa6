/*
 * book_private.h - what the files of the book share with each other alone.
 */
#ifndef CORE_REGISTRY_BOOK_PRIVATE_H
#define CORE_REGISTRY_BOOK_PRIVATE_H

#include "core/registry/book.h"

#define MAX_ENTRY_KEY (MAX_ENTRY_ID + 32)

uint32_t field_count(const struct entry_kind *kind);
struct entry *entry_new(const struct entry_kind *kind, const char *id);
/* Puts an entry with its number and id into the tables. */
void book_link(struct book *book, struct entry *entry);
/* One value as its field wants it: its JSON, or -EINVAL with err. */
int field_read(const struct entry_field *field, const struct cw_doc *doc,
               const struct cw_node *node, struct buf *json, struct cw_error *err);

#endif
