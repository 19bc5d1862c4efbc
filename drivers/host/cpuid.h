/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the CPUID instruction answers, leaf by leaf. */
#pragma once

#include "drivers/cpu/cpu.h"

/* Answer leaf @leaf, subleaf @subleaf: @regs gets EAX, EBX, ECX, EDX. */
typedef void (*VirtCpuCpuidFunc)(guint32 leaf, guint32 subleaf, guint32 regs[4],
                                 gpointer user_data);

/* Clear in @regs (EAX, EBX, ECX, EDX), an answer for @leaf, what tells which CPU of the machine
 * gave it (APIC and core ids), so that two reads are equal. */
void virtcpu_cpuid_clear_identity(guint32 leaf, guint32 regs[4]);

/* Ask @cpuid for every leaf and subleaf that exists by the CPU's own account (Intel SDM volume 2,
 * CPUID; AMD APM volume 3, appendix E) and add the answers to @data. Whatever @cpuid claims, at
 * most some thousand questions are asked. Answers are cleared of their CPU's identity. */
void virtcpu_cpuid_walk(VirtCpuCpuidFunc cpuid, gpointer user_data, VirtCpuData *data);

/* Add what this machine's CPUID instruction answers to @data, from one CPU throughout; FALSE where
 * there is no such instruction. The calling thread's CPU affinity is the same afterwards. */
gboolean virtcpu_cpuid_execute(VirtCpuData *data);
