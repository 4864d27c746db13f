declare namespace App {
  interface Locals {
    /** The playbook of the chapter that is being built, for its steps and answers to know of each other. */
    steps: readonly import('#site/playbook/playbook.ts').Step[];
  }
}
