/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The passport of a guest's CPU: what the guest was given where it began, to be given again,
 * exactly that, wherever it goes on. It travels in a migration's cookie and in saved images, as
 * XML:
 *
 *     <virtcpu:passport xmlns:virtcpu='https://virtcpu.org/xmlns/passport/1.0' …>…
 */
#pragma once

#include "drivers/qemu/explicit-store.h"

#include <libxml/tree.h>

#define VIRTCPU_PASSPORT_NAMESPACE "https://virtcpu.org/xmlns/passport/1.0"

/* What a guest CPU is known by, the weakest first. */
typedef enum {
    VIRTCPU_PROOF_NAMES, /* its model and features by name: only QEMU knows what they are */
    VIRTCPU_PROOF_QEMU,  /* its features and properties as QEMU says */
    VIRTCPU_PROOF_GUEST, /* all that the guest sees: each leaf of CPUID, each feature MSR */
    VIRTCPU_PROOF_LAST,
} VirtCpuProofLevel;

/* "names", "qemu", "guest"; NULL out of range. */
const char *virtcpu_proof_level_to_string(VirtCpuProofLevel level);

/* Immutable and shared once made. */
typedef struct _VirtCpuPassport VirtCpuPassport;

struct _VirtCpuPassport {
    VirtCpuArch arch;
    VirtCpuVirtType virt_type;
    char *machine;   /* canonical name */
    char *facts;     /* which QEMU, on which host: see virtcpu_qemu_facts_difference */
    VirtCpuDef *cpu; /* exactly what there is: custom, nothing optional; but host-passthrough and
                        maximum stay what they are; NULL: the machine type's own */
    VirtCpuExplicitCpu *form; /* its version and all properties that it was asked for with; NULL: it
                                 has the named form */
    VirtCpuJson *vcpu; /* the properties that the running vCPU has otherwise than @form, all without
                          one: "phys-bits"; NULL: it was not asked */
    VirtCpuData *features; /* as QEMU says of the vCPUs; NULL: VIRTCPU_PROOF_NAMES */
    VirtCpuData *sees;     /* what the first vCPU shows; NULL: nobody looked, because */
    char *identity;        /* of the binary's file when it was started here, see
                              virtcpu_qemu_identity_of_file; NULL: not known. Does not travel */
    char *unproven;        /* a translated sentence; NULL with @sees, and before it was tried */
};

/* Take a reference (returns @passport). Any thread. */
VirtCpuPassport *virtcpu_passport_ref(VirtCpuPassport *passport);

/* Drop a reference to @passport (may be NULL). Any thread. */
void virtcpu_passport_unref(VirtCpuPassport *passport);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuPassport, virtcpu_passport_unref)

/* How well @passport knows its CPU. */
VirtCpuProofLevel virtcpu_passport_level(const VirtCpuPassport *passport);

/* The element as text, with its namespace (transfer full). Any thread. */
char *virtcpu_passport_to_xml(const VirtCpuPassport *passport) G_GNUC_WARN_UNUSED_RESULT;

/* The passport among the children of @parent, a cookie's root (transfer none), or NULL. */
xmlNode *virtcpu_passport_find(xmlNode *parent);

/* Read the element @node. Hostile input is an error, never trusted: XML_ERROR naming element and
 * line; every list is bounded and the whole is under a checksum. Returns (transfer full). Any
 * thread. */
VirtCpuPassport *virtcpu_passport_parse_node(xmlNode *node,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The checksum that the element @node has when nothing of it was changed, however it is laid out
 * (transfer full). Any thread. */
char *virtcpu_passport_checksum(xmlNode *node) G_GNUC_WARN_UNUSED_RESULT;

/* A copy to be completed by its one owner, then shared (transfer full). */
VirtCpuPassport *virtcpu_passport_copy(const VirtCpuPassport *passport) G_GNUC_WARN_UNUSED_RESULT;

/* An empty one, likewise. */
VirtCpuPassport *virtcpu_passport_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* The same from text whose root is the element. */
VirtCpuPassport *virtcpu_passport_parse(const char *xml, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The facts of a passport: the QEMU of @caps, running from file @exe, on the host with @fingerprint
 * (transfer full). Any thread. */
char *virtcpu_passport_facts(const VirtCpuQemuCaps *caps, const char *exe,
                             const char *fingerprint) G_GNUC_WARN_UNUSED_RESULT;

/* How fact @name of @facts differs from the one that @passport comes from, in words (transfer
 * full); NULL when it does not. @known (out, may be NULL): FALSE when one of the two does not tell
 * it. Any thread. */
char *virtcpu_passport_fact_difference(const VirtCpuPassport *passport, const char *facts,
                                       const char *name, gboolean *known) G_GNUC_WARN_UNUSED_RESULT;

/* @live (may be NULL) with nothing optional: what @features (NULL: not known) have is required,
 * what they have not disabled (transfer full). Any thread. */
VirtCpuDef *virtcpu_passport_exact_cpu(const VirtCpuDef *live,
                                       const VirtCpuData *features) G_GNUC_WARN_UNUSED_RESULT;

/* The CPU of @passport, which has the explicit form, as it stands on a command line of the QEMU of
 * @caps under the same machine type, into zeroed @line: in the same words wherever bare CPUs are
 * the same. A feature that was asked for in vain is asked for again, but where it is among those
 * that the QEMU could give, @provided (NULL: it is where the CPU was made). Blocks when @store does
 * not know the bare CPU. Errors: CONFIG_UNSUPPORTED naming what the QEMU has not; those of
 * virtcpu_explicit_store_model. */
gboolean virtcpu_passport_write_line(const VirtCpuPassport *passport, VirtCpuExplicitStore *store,
                                     VirtCpuQemuCaps *caps, const VirtCpuData *provided,
                                     VirtCpuCpuLine *line,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
