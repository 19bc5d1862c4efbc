/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a guest's CPU stands on QEMU's command line, and where a definition says so:
 *
 *     <metadata><virtcpu:cpu xmlns:virtcpu='https://virtcpu.org/xmlns/cpu/1.0' form='named'/>
 *
 * <metadata> is the one place where libvirt and its tools carry what they do not know unchanged. */
#pragma once

#include "conf/words.h"

/* The namespace of the element, one below <metadata> as libvirt has it for every namespace. */
#define VIRTCPU_CPU_NAMESPACE "https://virtcpu.org/xmlns/cpu/1.0"

typedef enum {
    VIRTCPU_CPU_FORM_DEFAULT,  /* nothing is said: the daemon's default */
    VIRTCPU_CPU_FORM_EXPLICIT, /* a model without content and every property by name */
    VIRTCPU_CPU_FORM_NAMED,    /* a model's name and what differs from it, as libvirt writes it */
    VIRTCPU_CPU_FORM_LAST,
} VirtCpuCpuForm;

/* "explicit" and "named" by VirtCpuCpuForm; "default" is never written. */
extern const VirtCpuWords virtcpu_cpu_form_words;

/* The form that the text of a <metadata> element (NULL: none) asks for into @form. Errors:
 * XML_ERROR and CONFIG_UNSUPPORTED for an element or attribute of the namespace that is not known.
 * Any thread. */
gboolean virtcpu_cpu_form_parse(const char *metadata, VirtCpuCpuForm *form,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @metadata (may be NULL), which was read before, asking for @form, all else unchanged (transfer
 * full). Any thread. */
char *virtcpu_cpu_form_record(const char *metadata, VirtCpuCpuForm form) G_GNUC_WARN_UNUSED_RESULT;
