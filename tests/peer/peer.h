/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peers' data: answers a mature implementation gives, kept outside this tree. */
#pragma once

#include "conf/json.h"

/* The text of @name below peer-data/ of $VIRTCPU_TEST_SHARED (transfer full); NULL when it is not
 * there. */
char *peer_read(const char *name);

/* The text of @name, without <!-- comments --> before its first element (transfer full). Fails the
 * test when it is not there. */
char *peer_read_xml(const char *name);

/* The JSON documents in @name, one after another (array of VirtCpuJson, transfer full). */
GPtrArray *peer_read_json(const char *name);

/* The rows of the table @name: cells separated by tabs, "#" comments and the first row left out
 * when @has_header (array of char**, transfer full); NULL when it is not there. */
GPtrArray *peer_read_table(const char *name, gboolean has_header);
