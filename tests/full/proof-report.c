/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proof-report.h"

#include "conf/error.h"

#include <stdio.h>
#include <string.h>

/* Unexplained ones that are printed of one guest. */
#define SHOWN 20

/* Cells of a row of the table, in their order. All but the last are patterns, several with spaces
 * between. */
enum {
    CELL_KIND,
    CELL_QEMU,
    CELL_FROM,
    CELL_TO,
    CELL_MODEL,
    CELL_WHERE,
    CELL_WHY,
    CELLS,
};

typedef struct {
    char **cells;
    guint used;
} Row;

typedef struct {
    const char *name;
    guint guests, equal, explained, unexplained, refused;
} Kind;

struct _ProofReport {
    GPtrArray *rows; /* of Row */
    Kind kinds[3];
    gboolean has_kvm; /* a guest ran under it; under the lock */

    GMutex lock;          /* guards all below, and what of the above counts */
    GHashTable *refusals; /* text to how often */
};

static void
row_free(gpointer data)
{
    Row *row = data;

    g_strfreev(row->cells);
    g_free(row);
}

/* "| a | b |" into its cells; NULL for another line, a heading, or the line below one. */
static char **
split_row(const char *line)
{
    g_auto(GStrv) cells = NULL;

    if (!g_str_has_prefix(line, "| `")) {
        return NULL;
    }
    cells = g_strsplit(line + 1, "|", -1);
    for (char **cell = cells; *cell != NULL; cell++) {
        g_strstrip(g_strdelimit(*cell, "`", ' '));
    }
    return g_steal_pointer(&cells);
}

ProofReport *
proof_report_new(const char *path, GError **error)
{
    g_autoptr(ProofReport) report = g_new0(ProofReport, 1);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    report->rows = g_ptr_array_new_with_free_func(row_free);
    report->kinds[0].name = "form";
    report->kinds[1].name = "move";
    report->kinds[2].name = "qemu";
    g_mutex_init(&report->lock);
    report->refusals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!g_file_get_contents(path, &text, NULL, error)) {
        return NULL;
    }
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char **cells = split_row(*line);
        Row *row;

        if (cells == NULL) {
            continue;
        }
        row = g_new0(Row, 1);
        row->cells = cells;
        g_ptr_array_add(report->rows, row);
        if (g_strv_length(cells) != CELLS + 1 || cells[CELL_WHY][0] == '\0') {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, "%s: no row with a reason: %s",
                              path, *line);
            return NULL;
        }
    }
    return g_steal_pointer(&report);
}

void
proof_report_free(ProofReport *report)
{
    if (report == NULL) {
        return;
    }
    g_ptr_array_unref(report->rows);
    g_hash_table_unref(report->refusals);
    g_mutex_clear(&report->lock);
    g_free(report);
}

/* ---- what is known ---- */

static gboolean
matches(const char *patterns, const char *text)
{
    g_auto(GStrv) list = g_strsplit(patterns, " ", -1);

    for (char **pattern = list; *pattern != NULL; pattern++) {
        if (**pattern != '\0' && g_pattern_match_simple(*pattern, text)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Under the lock. */
static gboolean
is_explained(ProofReport *report, const ProofPlace *place, const char *where)
{
    g_autofree char *qemu = g_strdup_printf("%s>%s", place->from->version, place->to->version);
    const char *const values[] = {
        [CELL_KIND] = place->kind,          [CELL_QEMU] = qemu,
        [CELL_FROM] = place->from->machine, [CELL_TO] = place->to->machine,
        [CELL_MODEL] = place->model,        [CELL_WHERE] = where,
    };

    for (guint i = 0; i < report->rows->len; i++) {
        Row *row = g_ptr_array_index(report->rows, i);
        gboolean fits = TRUE;

        for (gsize k = 0; fits && k < G_N_ELEMENTS(values); k++) {
            fits = matches(row->cells[k], values[k]);
        }
        if (fits) {
            row->used++;
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- comparing ---- */

/* One comparison under way. */
typedef struct {
    ProofReport *report;
    const ProofPlace *place;
    guint explained, unexplained;
} Comparison;

static void
differ(Comparison *comparison, const char *where, const char *was, const char *is)
{
    const ProofPlace *place = comparison->place;

    if (is_explained(comparison->report, place, where)) {
        comparison->explained++;
        return;
    }
    if (++comparison->unexplained <= SHOWN) {
        printf("# unexplained: %s %s>%s %s %s %s %s: %s, then %s\n", place->kind,
               place->from->version, place->to->version, place->from->machine, place->to->machine,
               place->model, where, was, is);
        fflush(stdout);
    }
}

/* Registers whose bits are features, each a difference of its own. */
static const struct {
    guint32 leaf, subleaf;
    VirtCpuRegister reg;
} features[] = {
    { 0x1, 0, VIRTCPU_REGISTER_ECX },        { 0x1, 0, VIRTCPU_REGISTER_EDX },
    { 0x7, 0, VIRTCPU_REGISTER_EBX },        { 0x7, 0, VIRTCPU_REGISTER_ECX },
    { 0x7, 0, VIRTCPU_REGISTER_EDX },        { 0x7, 1, VIRTCPU_REGISTER_EAX },
    { 0x7, 1, VIRTCPU_REGISTER_EDX },        { 0xd, 1, VIRTCPU_REGISTER_EAX },
    { 0x80000001, 0, VIRTCPU_REGISTER_ECX }, { 0x80000001, 0, VIRTCPU_REGISTER_EDX },
    { 0x80000008, 0, VIRTCPU_REGISTER_EBX }, { 0x8000000a, 0, VIRTCPU_REGISTER_EDX },
};

static gboolean
has_features(guint32 leaf, guint32 subleaf, VirtCpuRegister reg)
{
    for (gsize i = 0; i < G_N_ELEMENTS(features); i++) {
        if (features[i].leaf == leaf && features[i].subleaf == subleaf && features[i].reg == reg) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
compare_bits(Comparison *comparison, const char *where, guint32 was, guint32 is)
{
    for (guint bit = 0; bit < 32; bit++) {
        if (((was ^ is) >> bit & 1) != 0) {
            g_autofree char *place = g_strdup_printf("%s.%u", where, bit);
            const gboolean before = (was >> bit & 1) != 0;

            differ(comparison, place, before ? "on" : "off", before ? "off" : "on");
        }
    }
}

/* A leaf that only one guest has differs from nothing but zeros. */
static void
compare_leaf(Comparison *comparison, const VirtCpuGuestLeaf *was, const VirtCpuGuestLeaf *is)
{
    static const VirtCpuGuestLeaf none = { 0 };
    const VirtCpuGuestLeaf *known = was != NULL ? was : is;

    for (VirtCpuRegister reg = VIRTCPU_REGISTER_EAX; reg <= VIRTCPU_REGISTER_EDX; reg++) {
        const guint32 one = (was != NULL ? was : &none)->values[reg];
        const guint32 two = (is != NULL ? is : &none)->values[reg];

        if (one != two) {
            g_autofree char *where = g_strdup_printf("0x%x.%u.%s", known->leaf, known->subleaf,
                                                     virtcpu_register_to_string(reg));
            g_autofree char *before = g_strdup_printf("0x%08x", one);
            g_autofree char *after = g_strdup_printf("0x%08x", two);

            if (has_features(known->leaf, known->subleaf, reg)) {
                compare_bits(comparison, where, one, two);
            } else {
                differ(comparison, where, before, after);
            }
        }
    }
}

static void
compare_leaves(Comparison *comparison, const VirtCpuGuestVcpu *was, const VirtCpuGuestVcpu *is)
{
    for (guint i = 0; i < was->leaves->len; i++) {
        const VirtCpuGuestLeaf *leaf = &g_array_index(was->leaves, VirtCpuGuestLeaf, i);

        compare_leaf(comparison, leaf, virtcpu_guest_vcpu_find(is, leaf->leaf, leaf->subleaf));
    }
    for (guint i = 0; i < is->leaves->len; i++) {
        const VirtCpuGuestLeaf *leaf = &g_array_index(is->leaves, VirtCpuGuestLeaf, i);

        if (virtcpu_guest_vcpu_find(was, leaf->leaf, leaf->subleaf) == NULL) {
            compare_leaf(comparison, NULL, leaf);
        }
    }
}

static const VirtCpuGuestMsr *
find_msr(const VirtCpuGuestVcpu *vcpu, guint32 index)
{
    for (guint i = 0; i < vcpu->msrs->len; i++) {
        const VirtCpuGuestMsr *msr = &g_array_index(vcpu->msrs, VirtCpuGuestMsr, i);

        if (msr->index == index) {
            return msr;
        }
    }
    return NULL;
}

/* One that cannot be read is another than one that is 0. */
static void
compare_msr(Comparison *comparison, guint32 index, const VirtCpuGuestMsr *was,
            const VirtCpuGuestMsr *is)
{
    g_autofree char *where = g_strdup_printf("msr.0x%x", index);
    g_autofree char *before =
        was != NULL ? g_strdup_printf("0x%" G_GINT64_MODIFIER "x", was->value) : g_strdup("none");
    g_autofree char *after =
        is != NULL ? g_strdup_printf("0x%" G_GINT64_MODIFIER "x", is->value) : g_strdup("none");

    if (!g_str_equal(before, after)) {
        differ(comparison, where, before, after);
    }
}

static void
compare_msrs(Comparison *comparison, const VirtCpuGuestVcpu *was, const VirtCpuGuestVcpu *is)
{
    for (guint i = 0; i < was->msrs->len; i++) {
        const VirtCpuGuestMsr *msr = &g_array_index(was->msrs, VirtCpuGuestMsr, i);

        compare_msr(comparison, msr->index, msr, find_msr(is, msr->index));
    }
    for (guint i = 0; i < is->msrs->len; i++) {
        const VirtCpuGuestMsr *msr = &g_array_index(is->msrs, VirtCpuGuestMsr, i);

        if (find_msr(was, msr->index) == NULL) {
            compare_msr(comparison, msr->index, NULL, msr);
        }
    }
}

/* Under the lock. */
static Kind *
find_kind(ProofReport *report, const char *name)
{
    gsize i = 0;

    while (i + 1 < G_N_ELEMENTS(report->kinds) && !g_str_equal(report->kinds[i].name, name)) {
        i++;
    }
    return &report->kinds[i];
}

void
proof_report_compare(ProofReport *report, const ProofPlace *place, const GPtrArray *was,
                     const GPtrArray *is, const char *failure)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&report->lock);
    Kind *kind = find_kind(report, place->kind);
    Comparison comparison = { .report = report, .place = place };

    if (was != NULL && is != NULL) {
        compare_leaves(&comparison, g_ptr_array_index(was, 0), g_ptr_array_index(is, 0));
        compare_msrs(&comparison, g_ptr_array_index(was, 0), g_ptr_array_index(is, 0));
    } else {
        differ(&comparison, "refused", was != NULL ? "runs" : failure,
               is != NULL ? "runs" : failure);
    }
    kind->guests++;
    report->has_kvm |= place->from->caps->virt_type == VIRTCPU_VIRT_KVM;
    if (comparison.unexplained > 0) {
        kind->unexplained++;
    } else if (comparison.explained > 0) {
        kind->explained++;
    } else {
        kind->equal++;
    }
}

void
proof_report_refused(ProofReport *report, const ProofPlace *place, const char *reason)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&report->lock);
    char *text = g_strdup_printf("%s %s: %s", place->kind, place->model, reason);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(report->refusals, text));

    find_kind(report, place->kind)->refused++;
    g_hash_table_replace(report->refusals, text, GUINT_TO_POINTER(count + 1));
}

/* ---- telling ---- */

static void
print_refusals(const ProofReport *report)
{
    GHashTableIter iter;
    gpointer text, count;

    g_hash_table_iter_init(&iter, report->refusals);
    while (g_hash_table_iter_next(&iter, &text, &count)) {
        printf("# refused %u times: %s\n", GPOINTER_TO_UINT(count), (const char *)text);
    }
}

/* TRUE when every row explained something, but for those about KVM: they depend on the host. */
static gboolean
print_unused(const ProofReport *report)
{
    gboolean used = TRUE;

    for (guint i = 0; i < report->rows->len; i++) {
        const Row *row = g_ptr_array_index(report->rows, i);

        if (row->used == 0 && strstr(row->cells[CELL_QEMU], "kvm") == NULL) {
            g_autofree char *text = g_strjoinv(" | ", row->cells);

            printf("# explains nothing: %s\n", text);
            used = FALSE;
        }
    }
    return used;
}

gboolean
proof_report_finish(ProofReport *report, guint models, gboolean whole)
{
    const gsize last = G_N_ELEMENTS(report->kinds);
    const gboolean judged = whole && !report->has_kvm && report->kinds[last - 1].guests > 0;
    gboolean good = !judged || print_unused(report);

    printf("1..%zu\n", last + 1);
    printf("%sok 1 - rows of the table in use%s\n", good ? "" : "not ",
           judged ? "" : " # SKIP not all was run");
    print_refusals(report);
    for (gsize i = 0; i < last; i++) {
        const Kind *kind = &report->kinds[i];
        const gboolean failed = kind->unexplained > 0;

        printf("%sok %zu - %s: %u models, %u guests, %u equal, %u explained, %u unexplained, %u "
               "refused%s\n",
               failed ? "not " : "", i + 2, kind->name, models, kind->guests, kind->equal,
               kind->explained, kind->unexplained, kind->refused,
               kind->guests == 0 ? " # SKIP no such guest here" : "");
        good &= !failed;
    }
    return good;
}
