/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/guest-refusal.h"

#include "conf/i18n.h"

/* How what a guest sees can be wrong. */
typedef enum {
    WRONG_EXTRA,   /* a feature that QEMU says is off */
    WRONG_MISSING, /* a feature that QEMU says is on */
    WRONG_VALUE,   /* another register than QEMU says */
    WRONG_VCPU,    /* vCPUs that are not alike */
    WRONG_LAST,
} Wrong;

static Wrong
classify(const VirtCpuGuestDifference *difference)
{
    if (difference->vcpu != 0) {
        return WRONG_VCPU;
    }
    if (difference->bit < 0) {
        return WRONG_VALUE;
    }
    return g_str_equal(difference->sees, "on") ? WRONG_EXTRA : WRONG_MISSING;
}

static gboolean
same_register(const VirtCpuGuestDifference *a, const VirtCpuGuestDifference *b)
{
    return a != NULL && a->vcpu == b->vcpu && a->leaf == b->leaf && a->subleaf == b->subleaf &&
           a->reg == b->reg;
}

/* "CPUID 0x7.0 ebx: " or "MSR 0x10a: ". */
static void
append_place(GString *text, const VirtCpuGuestDifference *difference)
{
    if (difference->reg == VIRTCPU_REGISTER_MSR) {
        g_string_append_printf(text, "MSR 0x%x: ", difference->leaf);
    } else {
        g_string_append_printf(text, "CPUID 0x%x.%u %s: ", difference->leaf, difference->subleaf,
                               virtcpu_register_to_string(difference->reg));
    }
}

/* All of @differences that are wrong in this way, register by register; "" for none. */
static char *
list(const GPtrArray *differences, Wrong wrong)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const VirtCpuGuestDifference *last = NULL;

    for (guint i = 0; i < differences->len; i++) {
        const VirtCpuGuestDifference *difference = g_ptr_array_index(differences, i);

        if (difference->why != NULL || classify(difference) != wrong) {
            continue;
        }
        if (same_register(last, difference)) {
            g_string_append_c(text, ',');
        } else {
            g_string_append(text, last != NULL ? "; " : "");
            append_place(text, difference);
        }
        if (difference->bit >= 0) {
            g_string_append(text, difference->what);
        } else if (difference->vcpu != 0) {
            g_string_append_printf(text, _("vCPU %u has %s, the first %s"), difference->vcpu,
                                   difference->sees, difference->says);
        } else {
            g_string_append_printf(text, _("%s is %s, QEMU says %s"), difference->what,
                                   difference->sees, difference->says);
        }
        last = difference;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* One sentence: what is wrong at @places, which layer, what to do. */
static char *
describe_kvm(Wrong wrong, const char *places)
{
    switch (wrong) {
    case WRONG_EXTRA:
        return g_strdup_printf(_("The guest has what QEMU says it filtered (%s): the host's CPUID "
                                 "shows through KVM, which does not intercept it here; take a host "
                                 "that intercepts CPUID, or require these features in <cpu>"),
                               places);
    case WRONG_MISSING:
        return g_strdup_printf(_("The guest lacks what QEMU says it has (%s): KVM or the host's "
                                 "CPU does not give them; disable them in <cpu>, or take another "
                                 "host"),
                               places);
    case WRONG_VCPU:
        return g_strdup_printf(_("The guest's vCPUs are not alike (%s): the host's CPUs differ and "
                                 "show through KVM; pin the guest to CPUs that are alike, or take "
                                 "another host"),
                               places);
    case WRONG_VALUE:
    case WRONG_LAST:
    default:
        return g_strdup_printf(_("The guest sees other values than QEMU says (%s): KVM or the "
                                 "host's CPU does not pass them on; take a host that intercepts "
                                 "CPUID"),
                               places);
    }
}

/* The same for a guest without KVM. */
static char *
describe_tcg(Wrong wrong, const char *places)
{
    switch (wrong) {
    case WRONG_EXTRA:
        return g_strdup_printf(_("The guest has what QEMU says is off (%s): QEMU's TCG adds it; "
                                 "require these features in <cpu>, or take another QEMU"),
                               places);
    case WRONG_MISSING:
        return g_strdup_printf(_("The guest lacks what QEMU says it has (%s): QEMU's TCG does not "
                                 "show it; disable these features in <cpu>, or take another QEMU"),
                               places);
    case WRONG_VCPU:
        return g_strdup_printf(_("The guest's vCPUs are not alike (%s): QEMU's TCG makes them so; "
                                 "take another QEMU"),
                               places);
    case WRONG_VALUE:
    case WRONG_LAST:
    default:
        return g_strdup_printf(_("The guest sees other values than QEMU says (%s): QEMU's TCG does "
                                 "not pass them on; take another QEMU"),
                               places);
    }
}

char *
virtcpu_guest_refusal(const GPtrArray *differences, VirtCpuVirtType virt_type)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int wrong = 0; wrong < WRONG_LAST; wrong++) {
        g_autofree char *places = list(differences, (Wrong)wrong);

        if (places[0] != '\0') {
            g_autofree char *said = virt_type == VIRTCPU_VIRT_KVM
                                        ? describe_kvm((Wrong)wrong, places)
                                        : describe_tcg((Wrong)wrong, places);

            g_string_append_printf(text, "%s%s", text->len > 0 ? ". " : "", said);
        }
    }
    return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}
