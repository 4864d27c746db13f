/** Does what a person does to a run: each action when it is due, told as an event of its own. */
import { packetName } from '../network/packet.ts';
import { type Action, actionText } from './action.ts';
import type { Machine } from './machine.ts';
import { CallNarrator } from './narrator.ts';
import type { Interventions, Run } from './run.ts';
import { SIGNALS } from './signal.ts';
import type { Thread } from './thread.ts';

/** The pid of the shell in which a person makes calls. */
const SHELL_PID = 9001;

/** The actions of one run; another run needs new ones. */
export class Actions implements Interventions {
  readonly list: readonly Action[];
  readonly #shells = new Map<string, Thread>();
  #done = 0;

  constructor(list: readonly Action[]) {
    this.list = list.toSorted((a, b) => a.at - b.at);
  }

  act(run: Run): void {
    for (let next = this.list[this.#done]; next; next = this.list[this.#done]) {
      if (next.at >= run.recorder.events.length) return;
      const action = next;
      this.#done++;
      if (action.wait_us) run.clock.after(action.wait_us, () => this.#do(run, action));
      else this.#do(run, action);
    }
  }

  #do(run: Run, action: Action): void {
    const obstacle = this.#obstacle(run, action);
    run.recorder.record({
      actor: 'you',
      kind: obstacle ? 'action-refused' : 'action',
      data: { action: actionText(action), ...(obstacle && { why: obstacle }) },
      says: obstacle ? `You would ${actionText(action)}: *${obstacle}*.` : `You ${actionText(action)}.`,
      beat: true,
    });
    if (obstacle) return;
    const machine = 'machine' in action ? run.machines.get(action.machine) : undefined;
    if (action.do === 'packet') run.link?.inject(action.packet);
    else if (action.do === 'sysctl') machine?.setSysctl(action.name, action.value);
    else if (action.do === 'signal') machine?.kill(action.pid, action.signal);
    else if (machine) this.#shell(run, machine).make({ name: action.name, args: action.args });
  }

  /** Why an action cannot be done, or null. */
  #obstacle({ machines, link }: Run, action: Action): string | null {
    if (action.do === 'packet')
      return link ? null : `this run has no wire for the ${packetName(action.packet)}`;
    const machine = machines.get(action.machine);
    if (!machine)
      return `there is no machine "${action.machine}"; there is ${[...machines.keys()].join(', ')}`;
    if (action.do === 'sysctl') return machine.sysctlProblem(action.name, action.value);
    if (action.do === 'signal') {
      if (!SIGNALS.includes(action.signal))
        return `there is no signal "${action.signal}" here; there is ${SIGNALS.join(', ')}`;
      const pids = [...machine.processes.values()].filter(({ status }) => status === 'running');
      return pids.some(({ pid }) => pid === action.pid)
        ? null
        : `the ${action.machine} has no process ${action.pid}; it has ${pids.map(({ pid }) => pid).join(', ') || 'none'}`;
    }
    if (!Object.hasOwn(machine.calls, action.name))
      return `there is no call "${action.name}" here; there is ${Object.keys(machine.calls).sort().join(', ')}`;
    const shell = this.#shells.get(action.machine);
    if (shell && !shell.isAlive) return 'the shell is gone';
    return shell?.blockedIn ? `the shell is still in ${shell.blockedIn.name}()` : null;
  }

  /** The shell of a machine; its calls are told. */
  #shell({ recorder }: Run, machine: Machine): Thread {
    const known = this.#shells.get(machine.name);
    if (known) return known;
    const narrator = new CallNarrator(recorder, machine.name);
    const process = machine.spawn({ pid: SHELL_PID, comm: 'bash', uid: 0, narrator });
    const thread = process.thread('shell', null);
    this.#shells.set(machine.name, thread);
    return thread;
  }
}
