import type { Aggregation } from '../../reasoning/aggregation.js';

/** How a published generative PRM is asked, and where its answer is read: its authors' prompts and ways, in code of ours. One file each beside this one. */
export interface CritiqueScript {
  /** `family` of a `prm.json`. */
  readonly id: string;
  readonly name: string;
  /** The authors' files that it follows. */
  readonly source: string;
  readonly threshold: number;
  readonly aggregation: Aggregation;
  /** Longest sequence, prompt and reply. */
  readonly maxTokens: number;
  /** As the authors draw replies. */
  readonly samples: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly maxReply: number;
  readonly system?: string;
  /** What the user says, turn by turn; each but the last was answered with a critique of its own. */
  turns(question: string, steps: readonly string[]): string[];
  /** The prompt ends after the last turn, not in the beginning of the assistant's. */
  readonly endsOpen?: boolean;
  /** What the reply to turn `index` (from 1) begins with; `onServer`: with what a chat template would add before it. */
  begin(index: number, onServer: boolean): string;
  /** Texts at which a critique ends; it is cut before the first of them. */
  stops(turns: readonly string[]): string[];
  /** What follows the critique, for the answer to come next; `isStopped`: it ended at one of `stops`. */
  ask(isStopped: boolean): string;
  /** What follows the answer where an earlier turn's reply is shown again. */
  readonly close: string;
  readonly positive: string;
  readonly negative: string;
}

/** A critique with the question at its end: what comes next is the answer. */
export function asked(script: CritiqueScript, critique: string, turns: readonly string[]): string {
  const found = script
    .stops(turns)
    .map((stop) => critique.indexOf(stop))
    .filter((at) => at >= 0);
  const text = found.length > 0 ? critique.slice(0, Math.min(...found)) : critique;
  return text + script.ask(found.length > 0);
}

/** The whole reply to an earlier turn, whose answer is the likelier one. */
export function repliedWith(script: CritiqueScript, index: number, onServer: boolean, critique: string, score: number): string {
  return script.begin(index, onServer) + critique + (score >= 0.5 ? script.positive : script.negative) + script.close;
}

/** How the answer may be spelled as a token: with a blank before it or without, or with it alone where the authors read that. */
export function spellingsOf(word: string): string[] {
  return word.startsWith(' ') ? [word] : [word, ` ${word}`];
}
