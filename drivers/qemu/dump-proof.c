/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/dump-proof.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FORM_LINE   "-cpu"
#define FORM_CONFIG "-readconfig"
#define FORM_GUEST  "guest"

/* The leaf of XSAVE's parts. QEMU decides them by what is asked for, before it filters that, and
 * has no properties for them (x86_cpu_enable_xsave_components of target/i386/cpu.c). */
#define LEAF_XSAVE 0xd

/* Which feature a part of the XSAVE state is for: bits of XCR0 and IA32_XSS (Intel SDM volume 1,
 * 13.1). */
static const struct {
    unsigned bit;
    const char *feature;
} parts[] = {
    { 2, "avx" },     { 3, "mpx" }, { 4, "mpx" },       { 5, "avx512f" },   { 6, "avx512f" },
    { 7, "avx512f" }, { 9, "pku" }, { 15, "arch-lbr" }, { 17, "amx-tile" }, { 18, "amx-tile" },
};

/* Properties that say how the CPU came to be, not what it is. */
static const struct {
    const char *name;
    const char *why;
} origins[] = {
    { "type", N_("it is made from another model, every property of which is set") },
    { "filtered-features", N_("it asks for no more than the CPU has") },
    { "unavailable-features", N_("it asks for no more than the CPU has") },
};

static void
difference_free(gpointer data)
{
    VirtCpuDumpDifference *difference = data;

    g_free(difference->what);
    g_free(difference->was);
    g_free(difference->is);
    g_free(difference);
}

void
virtcpu_dump_proof_clear(VirtCpuDumpProof *proof)
{
    g_clear_pointer(&proof->differences, g_ptr_array_unref);
}

GPtrArray *
virtcpu_dump_differences_new(void)
{
    return g_ptr_array_new_with_free_func(difference_free);
}

/* All three texts are transfer full. */
static void
add_difference(GPtrArray *differences, const char *form, char *what, char *was, char *is,
               const char *why)
{
    VirtCpuDumpDifference *difference = g_new0(VirtCpuDumpDifference, 1);

    difference->form = form;
    difference->what = what;
    difference->was = was;
    difference->is = is;
    difference->why = why;
    g_ptr_array_add(differences, difference);
}

static char *
format_value(const VirtCpuCpuProperty *property)
{
    return property == NULL || property->value == NULL
               ? g_strdup("-")
               : virtcpu_json_format(property->value, FALSE);
}

static const char *
explain_origin(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(origins); i++) {
        if (g_str_equal(origins[i].name, name)) {
            return _(origins[i].why);
        }
    }
    return NULL;
}

/* The words of @words but for those of leaf 0xd (transfer full). */
static char *
format_words(const VirtCpuJson *words)
{
    g_autoptr(VirtCpuJson) kept = virtcpu_json_new_array();

    for (gsize i = 0; i < virtcpu_json_size(words); i++) {
        gint64 leaf = 0;

        if (!virtcpu_json_get_int(virtcpu_json_at(words, i), "cpuid-input-eax", &leaf) ||
            leaf != LEAF_XSAVE) {
            virtcpu_json_append(kept, virtcpu_json_copy(virtcpu_json_at(words, i)));
        }
    }
    return virtcpu_json_format(kept, FALSE);
}

/* All parts of the XSAVE state in @words, those of XCR0 and of IA32_XSS. */
static guint32
parts_of(const VirtCpuJson *words)
{
    guint32 bits = 0;

    for (gsize i = 0; i < virtcpu_json_size(words); i++) {
        const VirtCpuJson *word = virtcpu_json_at(words, i);
        const char *reg = virtcpu_json_get_string(word, "cpuid-register");
        gint64 leaf = 0;
        gint64 subleaf = 0;
        gint64 features = 0;

        if (virtcpu_json_get_int(word, "cpuid-input-eax", &leaf) && leaf == LEAF_XSAVE &&
            virtcpu_json_get_int(word, "cpuid-input-ecx", &subleaf) &&
            virtcpu_json_get_int(word, "features", &features) &&
            g_strcmp0(reg, subleaf == 0 ? "EAX" : "ECX") == 0) {
            bits |= (guint32)features;
        }
    }
    return bits;
}

static gboolean
is_off(const VirtCpuCpuObject *object, const char *feature)
{
    const VirtCpuCpuProperty *property = virtcpu_cpu_object_find(object, feature);

    return property != NULL && !virtcpu_json_is_true(property->value);
}

/* TRUE when part @bit is of a feature that @object lacks. */
static gboolean
is_left_over(const VirtCpuCpuObject *object, unsigned bit)
{
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i].bit == bit) {
            return is_off(object, parts[i].feature);
        }
    }
    return FALSE;
}

/* Why the words of @was and @is differ, or NULL: parts of XSAVE that the first has left over of
 * features that were asked for and filtered out. */
static const char *
explain_words(const VirtCpuCpuObject *object, const VirtCpuCpuProperty *was,
              const VirtCpuCpuProperty *is)
{
    g_autofree char *left = format_words(was->value);
    g_autofree char *right = is != NULL ? format_words(is->value) : NULL;
    guint32 changed = is != NULL ? parts_of(was->value) ^ parts_of(is->value) : 0;

    if (g_strcmp0(left, right) != 0) {
        return NULL;
    }
    for (unsigned bit = 0; bit < 32 && !is_off(object, "xsave"); bit++) {
        if ((changed >> bit & 1) != 0 && !is_left_over(object, bit)) {
            return NULL;
        }
    }
    return _("parts of XSAVE that belong to features which were asked for and filtered out");
}

/* Why feature @name differs, or NULL: QEMU leaves bits of an MSR on that it took away from the
 * guest when it filtered what was asked for. */
static const char *
explain_msr(const VirtCpuDump *dump, const char *name)
{
    VirtCpuFeatureInfo info;
    const char *gate;

    if (!virtcpu_cpu_feature_info(dump->arch, name, &info) || info.reg != VIRTCPU_REGISTER_MSR) {
        return NULL;
    }
    gate = virtcpu_vcpu_msr_feature(info.leaf);
    return gate != NULL && is_off(&dump->object, gate)
               ? _("it is in an MSR that the CPU does not have: no guest sees it")
               : NULL;
}

static const char *
explain(const VirtCpuDump *dump, const VirtCpuCpuProperty *was, const VirtCpuCpuProperty *is)
{
    const char *why = explain_origin(was->name);

    if (g_str_equal(was->name, "feature-words")) {
        return explain_words(&dump->object, was, is);
    }
    return why != NULL ? why : explain_msr(dump, was->name);
}

guint
virtcpu_dump_compare(const VirtCpuDump *dump, const VirtCpuCpuObject *again, const char *form,
                     GPtrArray *differences)
{
    for (guint i = 0; i < dump->object.properties->len; i++) {
        const VirtCpuCpuProperty *was = g_ptr_array_index(dump->object.properties, i);
        const VirtCpuCpuProperty *is = virtcpu_cpu_object_find(again, was->name);
        g_autofree char *left = format_value(was);
        g_autofree char *right = format_value(is);

        if (!g_str_equal(left, right)) {
            add_difference(differences, form, g_strdup(was->name), g_steal_pointer(&left),
                           g_steal_pointer(&right), explain(dump, was, is));
        }
    }
    for (guint i = 0; i < again->properties->len; i++) {
        const VirtCpuCpuProperty *is = g_ptr_array_index(again->properties, i);

        if (virtcpu_cpu_object_find(&dump->object, is->name) == NULL) {
            add_difference(differences, form, g_strdup(is->name), g_strdup("-"), format_value(is),
                           NULL);
        }
    }
    return dump->object.properties->len;
}

/* Run the QEMU of @input with @line and @config as its CPU and compare. */
static gboolean
prove_form(const VirtCpuGuestInput *input, const VirtCpuDump *dump, const VirtCpuCpuLine *line,
           const char *config, VirtCpuDumpProof *proof, GError **error)
{
    g_auto(VirtCpuDump) again = { 0 };
    VirtCpuGuestInput same = *input;

    same.line = line;
    same.config = config;
    if (!virtcpu_dump_run(&same, &again, error)) {
        return FALSE;
    }
    proof->properties = virtcpu_dump_compare(
        dump, &again.object, config != NULL ? FORM_CONFIG : FORM_LINE, proof->differences);
    return TRUE;
}

/* A memory file with @text: one in a folder would be left behind by a daemon that is killed.
 * Returns the descriptor, or -1. */
static int
make_file(const char *text, GError **error)
{
    g_auto(VirtCpuFd) fd = memfd_create("virtcpu-dump", MFD_CLOEXEC);
    const gsize length = strlen(text);

    if (fd < 0 || write(fd, text, length) != (gssize)length) {
        virtcpu_error_set_errno(error, errno, _("cannot write a memory file"));
        return -1;
    }
    return g_steal_fd(&fd);
}

static gboolean
prove_config(const VirtCpuGuestInput *input, const VirtCpuDump *dump, VirtCpuDumpProof *proof,
             GError **error)
{
    char *no_globals[] = { NULL };
    const VirtCpuCpuLine line = { dump->base, no_globals };
    g_autofree char *text = virtcpu_dump_to_config(dump, error);
    g_auto(VirtCpuFd) fd = text != NULL ? make_file(text, error) : -1;
    g_autofree char *file = g_strdup_printf("/proc/%d/fd/%d", (int)getpid(), fd);

    return fd >= 0 && prove_form(input, dump, &line, file, proof, error);
}

/* Why leaf @leaf differs: that QEMU has other feature words is in @differences already. */
static const char *
explain_leaf(guint32 leaf, const GPtrArray *differences)
{
    for (guint i = 0; leaf == LEAF_XSAVE && i < differences->len; i++) {
        const VirtCpuDumpDifference *difference = g_ptr_array_index(differences, i);

        if (g_str_equal(difference->form, FORM_LINE) &&
            g_str_equal(difference->what, "feature-words")) {
            return difference->why;
        }
    }
    return NULL;
}

static void
compare_leaf(const VirtCpuGuestLeaf *was, const VirtCpuGuestLeaf *is, GPtrArray *differences)
{
    for (unsigned reg = 0; reg < G_N_ELEMENTS(was->values); reg++) {
        if (is != NULL && was->values[reg] == is->values[reg]) {
            continue;
        }
        add_difference(differences, FORM_GUEST,
                       g_strdup_printf("0x%x %u %s", was->leaf, was->subleaf,
                                       virtcpu_register_to_string((VirtCpuRegister)reg)),
                       g_strdup_printf("0x%08x", was->values[reg]),
                       is != NULL ? g_strdup_printf("0x%08x", is->values[reg]) : g_strdup("-"),
                       explain_leaf(was->leaf, differences));
    }
}

/* What the first vCPU of each sees. */
static void
compare_sights(const VirtCpuGuestProof *was, const VirtCpuGuestProof *is, VirtCpuDumpProof *proof)
{
    const VirtCpuGuestVcpu *left = g_ptr_array_index(was->sees, 0);
    const VirtCpuGuestVcpu *right = g_ptr_array_index(is->sees, 0);

    for (guint i = 0; i < left->leaves->len; i++) {
        const VirtCpuGuestLeaf *leaf = &g_array_index(left->leaves, VirtCpuGuestLeaf, i);

        compare_leaf(leaf, virtcpu_guest_vcpu_find(right, leaf->leaf, leaf->subleaf),
                     proof->differences);
    }
    for (guint i = 0; i < right->leaves->len; i++) {
        const VirtCpuGuestLeaf *leaf = &g_array_index(right->leaves, VirtCpuGuestLeaf, i);

        if (virtcpu_guest_vcpu_find(left, leaf->leaf, leaf->subleaf) == NULL) {
            add_difference(proof->differences, FORM_GUEST,
                           g_strdup_printf("0x%x %u", leaf->leaf, leaf->subleaf), g_strdup("-"),
                           g_strdup_printf("0x%08x", leaf->values[0]), NULL);
        }
    }
    proof->leaves = left->leaves->len;
}

static gboolean
prove_in_guest(const VirtCpuGuestInput *input, const VirtCpuCpuLine *line, VirtCpuDumpProof *proof,
               GError **error)
{
    g_auto(VirtCpuGuestProof) was = { 0 };
    g_auto(VirtCpuGuestProof) is = { 0 };
    g_autoptr(GError) trouble = NULL;
    VirtCpuGuestInput again = *input;

    if (!virtcpu_guest_proof_run(input, &was, &trouble)) {
        if (virtcpu_error_to_code(trouble) == VIRTCPU_ERR_NO_SUPPORT) {
            return TRUE;
        }
        g_propagate_error(error, g_steal_pointer(&trouble));
        return FALSE;
    }
    again.line = line;
    if (!virtcpu_guest_proof_run(&again, &is, error)) {
        return FALSE;
    }
    compare_sights(&was, &is, proof);
    return TRUE;
}

gboolean
virtcpu_dump_prove(const VirtCpuGuestInput *input, const VirtCpuDump *dump, VirtCpuDumpProof *proof,
                   GError **error)
{
    g_auto(VirtCpuCpuLine) line = { 0 };

    proof->differences = virtcpu_dump_differences_new();
    virtcpu_dump_to_line(dump, &line);
    return prove_form(input, dump, &line, NULL, proof, error) &&
           prove_config(input, dump, proof, error) && prove_in_guest(input, &line, proof, error);
}

static guint
count_unexplained(const VirtCpuDumpProof *proof)
{
    guint count = 0;

    for (guint i = 0; i < proof->differences->len; i++) {
        const VirtCpuDumpDifference *difference = g_ptr_array_index(proof->differences, i);

        count += difference->why == NULL;
    }
    return count;
}

VirtCpuJson *
virtcpu_dump_proof_to_json(const VirtCpuDumpProof *proof)
{
    VirtCpuJson *out = virtcpu_json_new_object();
    VirtCpuJson *list;

    virtcpu_json_set_int(out, "properties", proof->properties);
    virtcpu_json_set_int(out, "leaves", proof->leaves);
    virtcpu_json_set_int(out, "unexplained", count_unexplained(proof));
    list = virtcpu_json_set(out, "differences", virtcpu_json_new_array());
    for (guint i = 0; i < proof->differences->len; i++) {
        const VirtCpuDumpDifference *difference = g_ptr_array_index(proof->differences, i);
        VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());

        virtcpu_json_set_string(entry, "form", difference->form);
        virtcpu_json_set_string(entry, "what", difference->what);
        virtcpu_json_set_string(entry, "was", difference->was);
        virtcpu_json_set_string(entry, "is", difference->is);
        virtcpu_json_set_string(entry, "explanation", difference->why);
    }
    return out;
}
