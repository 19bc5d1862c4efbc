/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What guests see of every CPU model, in either form and wherever it is moved to.
 *
 * usage: prove-forms TABLE PATTERN...: models that match one of the patterns, under the oldest and
 * the newest pc-i440fx and pc-q35 and microvm of each QEMU: the one in $PATH and the one that
 * VIRTCPU_TEST_QEMU10 names; under KVM with VIRTCPU_TEST_KVM=1. TABLE is a document with the
 * differences that are known, a row each. Output is TAP. */
#include "proof-cells.h"
#include "proof-report.h"

#include <stdio.h>

/* One model on all of them. */
typedef struct {
    const GPtrArray *sides; /* of ProofSide */
    ProofReport *report;
} Task;

static gboolean
is_of_one_qemu(const ProofCell *a, const ProofCell *b)
{
    return a->side->caps == b->side->caps;
}

/* Between QEMUs every CPU is taken to one machine type: within one QEMU all of them are alike. */
static gboolean
is_destination(const ProofCell *from, const ProofCell *to)
{
    return to != from && to->content != NULL &&
           (is_of_one_qemu(from, to) || to->side->is_newest_pc);
}

static void
compare_forms(ProofReport *report, const ProofCell *cell)
{
    const ProofPlace place = { "form", cell->model, cell->side, cell->side };

    if (cell->named == NULL && cell->explicit == NULL) {
        proof_report_refused(report, &place, cell->failure);
    } else {
        proof_report_compare(report, &place, cell->named, cell->explicit, cell->failure);
    }
}

/* What was run already: most machine types make the same of a CPU. */
typedef struct {
    const ProofSide *side;
    char *line;
    GPtrArray *sees;
    char *failure;
} Run;

static void
run_free(gpointer data)
{
    Run *run = data;

    g_free(run->line);
    g_clear_pointer(&run->sees, g_ptr_array_unref);
    g_free(run->failure);
    g_free(run);
}

static const Run *
get_run(GPtrArray *runs, const ProofSide *side, const char *model, const VirtCpuCpuLine *line)
{
    g_autofree char *globals = g_strjoinv("\n", line->globals);
    g_autofree char *text = g_strjoin("\n", line->cpu, globals, NULL);
    g_autoptr(GError) error = NULL;
    Run *run;

    for (guint i = 0; i < runs->len; i++) {
        run = g_ptr_array_index(runs, i);
        if (run->side == side && g_str_equal(run->line, text)) {
            return run;
        }
    }
    run = g_new0(Run, 1);
    run->side = side;
    run->line = g_steal_pointer(&text);
    run->sees = proof_side_run(side, model, line, NULL, &error);
    run->failure = error != NULL ? g_strdup(error->message) : NULL;
    g_ptr_array_add(runs, run);
    return run;
}

static void
compare_move(ProofReport *report, GPtrArray *runs, const ProofCell *from, const ProofCell *to)
{
    const ProofPlace place = { is_of_one_qemu(from, to) ? "move" : "qemu", from->model, from->side,
                               to->side };
    g_autoptr(GError) error = NULL;
    g_auto(VirtCpuCpuLine) line = { 0 };
    const Run *run;

    if (!proof_cell_write(from, to, &line, &error)) {
        proof_report_refused(report, &place, error->message);
        return;
    }
    run = get_run(runs, to->side, from->model, &line);
    proof_report_compare(report, &place, from->explicit, run->sees, run->failure);
}

static void
prove_model(gpointer data, gpointer user_data)
{
    const Task *task = user_data;
    g_autofree char *model = data;
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func((GDestroyNotify)proof_cell_free);
    g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func(run_free);

    for (guint i = 0; i < task->sides->len; i++) {
        const ProofSide *side = g_ptr_array_index(task->sides, i);

        if (virtcpu_qemu_caps_model(side->caps, model) != NULL) {
            ProofCell *cell = proof_cell_new(side, model);

            compare_forms(task->report, cell);
            g_ptr_array_add(cells, cell);
        }
    }
    for (guint i = 0; i < cells->len; i++) {
        const ProofCell *from = g_ptr_array_index(cells, i);

        for (guint k = 0; from->explicit != NULL && k < cells->len; k++) {
            const ProofCell *to = g_ptr_array_index(cells, k);

            if (is_destination(from, to)) {
                compare_move(task->report, runs, from, to);
            }
        }
    }
}

/* "host" and "max" are modes, which have one form. */
static gboolean
is_wanted(const char *model, char **patterns)
{
    if (g_str_equal(model, "host") || g_str_equal(model, "max")) {
        return FALSE;
    }
    for (char **pattern = patterns; *pattern != NULL; pattern++) {
        if (g_pattern_match_simple(*pattern, model)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Names of all models of @sides that match, each once (transfer full). */
static GPtrArray *
choose_models(const GPtrArray *sides, char **patterns)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < sides->len; i++) {
        const ProofSide *side = g_ptr_array_index(sides, i);

        for (guint k = 0; k < side->caps->models->len; k++) {
            const VirtCpuHvModel *model = g_ptr_array_index(side->caps->models, k);

            if (is_wanted(model->name, patterns) &&
                !g_ptr_array_find_with_equal_func(names, model->name, g_str_equal, NULL)) {
                g_ptr_array_add(names, model->name);
            }
        }
    }
    return names;
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) sides = g_ptr_array_new_with_free_func((GDestroyNotify)proof_side_free);
    g_autoptr(GPtrArray) models = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProofReport) report = argc > 2 ? proof_report_new(argv[1], &error) : NULL;
    Task task = { sides, report };
    GThreadPool *pool;

    if (report == NULL) {
        fprintf(stderr, "%s\n",
                error != NULL ? error->message : "usage: prove-forms TABLE PATTERN...");
        return 2;
    }
    if (!proof_sides_find(sides, &error)) {
        printf("1..0 # SKIP %s\n", error->message);
        return 0;
    }
    models = choose_models(sides, argv + 2);
    pool = g_thread_pool_new(prove_model, &task, (int)g_get_num_processors(), FALSE, NULL);
    for (guint i = 0; i < models->len; i++) {
        g_thread_pool_push(pool, g_strdup(g_ptr_array_index(models, i)), NULL);
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    return proof_report_finish(report, models->len, g_str_equal(argv[2], "*")) ? 0 : 1;
}
