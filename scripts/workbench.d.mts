import type { FrameLocator, Page } from 'playwright-core';
export function openWorkbench(
  url: string,
  options?: { readonly viewport?: { readonly width: number; readonly height: number } },
): Promise<{ readonly page: Page; readonly close: () => Promise<void> }>;
export function openFile(page: Page, name: string): Promise<void>;
export function goToLine(page: Page, line: number, column?: number): Promise<void>;
export function runCommand(page: Page, title: string): Promise<void>;
export function webviewFrame(page: Page): FrameLocator;
