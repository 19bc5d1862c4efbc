/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verb of virtcpu(1): one file verb-NAME.c each, and one row in main.c. */
#pragma once

#include "tools/connect.h"

/* Exit statuses, for scripts. */
typedef enum {
    TOOL_EXIT_OK = 0,
    TOOL_EXIT_INCOMPATIBLE = 1, /* compare, drift, dump, explain, migrate-check and verify only */
    TOOL_EXIT_ERROR = 2,        /* always with an error set */
} ToolExit;

/* What a daemon is to a verb. */
typedef enum {
    TOOL_NO_DAEMON,     /* it needs none: to name one is an error */
    TOOL_EITHER,        /* the daemon is asked where one is named */
    TOOL_ALWAYS_DAEMON, /* the local one is asked where none is named */
} ToolReach;

typedef struct _ToolVerb ToolVerb;

struct _ToolVerb {
    const char *name;
    const char *arguments; /* after the options, for --help */
    const char *summary;   /* marked for translation */
    ToolReach reach;
    const ToolConnect *connect; /* which daemon was named; main's, for run only */
    /* Do it. @argv[0] is the verb. What is asked for goes to standard output, and nothing does when
     * an error is set. */
    ToolExit (*run)(const ToolVerb *verb, int argc, char **argv, GError **error);
};

extern const ToolVerb tool_verb_args;
extern const ToolVerb tool_verb_baseline;
extern const ToolVerb tool_verb_cache;
extern const ToolVerb tool_verb_capabilities;
extern const ToolVerb tool_verb_compare;
extern const ToolVerb tool_verb_decode;
extern const ToolVerb tool_verb_domcaps;
extern const ToolVerb tool_verb_drift;
extern const ToolVerb tool_verb_dump;
extern const ToolVerb tool_verb_expand;
extern const ToolVerb tool_verb_explain;
extern const ToolVerb tool_verb_features;
extern const ToolVerb tool_verb_host_facts;
extern const ToolVerb tool_verb_matrix;
extern const ToolVerb tool_verb_migrate_check;
extern const ToolVerb tool_verb_models;
extern const ToolVerb tool_verb_probe;
extern const ToolVerb tool_verb_update;
extern const ToolVerb tool_verb_verify;
extern const ToolVerb tool_verb_xml;
