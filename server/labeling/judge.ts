import type { AnswerMethod, Verifier } from '../answers/verifier.js';
import { finalAnswer } from '../reasoning/finalAnswer.js';
import type { RequestCost } from './economy/batchCost.js';

/** Decides whether a complete solution ends in the right answer: the rules first, an LLM where they cannot decide. */
export interface Judge {
  /** Part of a run's settings hash. */
  readonly fingerprint: string;
  /** Rejects with AbortError when cancelled, and with PolicyError when the LLM's server cannot be used at all. */
  judge(request: JudgeRequest): Promise<RolloutVerdict>;
}

export interface JudgeRequest {
  readonly question: string;
  readonly reference: string;
  /** All steps, prefix included. */
  readonly solution: readonly string[];
  /** The text was cut at the maximum length: an answer at its very end may lack its last digits. */
  readonly isCut?: boolean;
  readonly signal?: AbortSignal;
  /** Called with what each request to an LLM cost. */
  readonly onCost?: (cost: RequestCost) => void;
}

export interface RolloutVerdict {
  /** Final answer as read from the solution; absent where none is found. */
  readonly answer?: string;
  /** `undecided`: neither the rules nor a judge could decide. Such a rollout is part of no value and of no search pool. */
  readonly verdict: 'right' | 'wrong' | 'undecided';
  /** The rule that decided, `llm` where a judge did, `failed` where the judge was asked and did not answer. */
  readonly method: AnswerMethod | 'llm' | 'failed';
  /** Explanation of the user's own verifier, or why the verifier failed. */
  readonly reason?: string;
  /** Why the judge gave no verdict, one sentence; set where the method is `failed`. */
  readonly judgeFailure?: string;
}

/** Whether an answer is undecided because the verifier itself failed or took too long. */
export function isVerifierFailure({ verdict, method }: Pick<RolloutVerdict, 'verdict' | 'method'>): boolean {
  return verdict === 'undecided' && (method === 'error' || method === 'limit');
}

/** An LLM that compares answers. It is implemented in a file beside the policies. */
export type AnswerJudge = (request: AnswerJudgeRequest) => Promise<'right' | 'wrong' | JudgeFailure>;

export interface JudgeFailure {
  /** Why it gave no verdict, one sentence. */
  readonly failure: string;
  /** The same question may be answered later: the server is unavailable or busy. */
  readonly isTemporary?: boolean;
}

export interface AnswerJudgeRequest {
  readonly question: string;
  readonly reference: string;
  /** The final answer, or the last step of a solution in which none is marked as such. */
  readonly answer: string;
  readonly signal?: AbortSignal;
  /** Called with what each request to an LLM cost. */
  readonly onCost?: (cost: RequestCost) => void;
}

export interface JudgeOptions {
  readonly verifier: Verifier;
  readonly llm?: {
    /** The model's name: part of a run's settings hash, independent of where the model is served. */
    readonly name: string;
    readonly ask: AnswerJudge;
  };
}

/**
 * Creates a judge that reads the final answer of a solution's last step, as MM-PRM's `data_pipeline/omegaprm.py` does,
 * and applies the rules. It asks the LLM when they cannot decide, about the whole last step when no answer is marked in
 * it (MM-PRM always asks the LLM).
 */
export function createJudge({ verifier, llm }: JudgeOptions): Judge {
  return {
    fingerprint: llm === undefined ? verifier.name : `${verifier.name}, then ${llm.name}`,
    async judge({ question, reference, solution, isCut, signal, onCost }) {
      const last = solution.at(-1) ?? '';
      const written = finalAnswer(last);
      const isTorn = isCut === true && written !== undefined && endsInside(last, written);
      const answer = isTorn ? undefined : written;
      const { verdict, method, reason } = await verifier.verify({ answer, reference, question, solution, ...(signal && { signal }) });
      // The reasons of the rules follow from the two answers. Other reasons are lost unless they are recorded.
      const isTold = reason !== undefined && (method === 'own' || isVerifierFailure({ verdict, method }));
      const rule = { verdict, method, ...(isTold && { reason }) };
      const found = answer === undefined ? {} : { answer };
      if (llm === undefined || last === '' || isTorn || rule.verdict !== 'undecided') return { ...found, ...rule };
      const told = await llm.ask({ question, reference, answer: answer ?? last, ...(signal && { signal }), ...(onCost && { onCost }) });
      return typeof told === 'string'
        ? { ...found, verdict: told, method: 'llm' }
        : { ...found, verdict: 'undecided', method: 'failed', judgeFailure: told.failure };
    },
  };
}

/** Whether a text that was cut ends in the middle of its answer, as far as one can tell. */
function endsInside(text: string, answer: string): boolean {
  const isOpen = text.lastIndexOf('<answer>') > text.lastIndexOf('</answer>');
  return isOpen || text.trimEnd().endsWith(answer);
}
