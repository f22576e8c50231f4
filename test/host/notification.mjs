import { runCommand } from '../../scripts/workbench.mjs';
import { until } from './until.mjs';

/**
 * Clicks a button of a notification. Under automation, VS Code adds notifications to their list but shows no toasts.
 * @param {import('playwright-core').Page} page
 * @param {string} text of the notification
 * @param {string} button
 */
export async function answerNotification(page, text, button) {
  const notification = page.locator('.notifications-center .notification-list-item').filter({ hasText: text });
  // The list closes again if it is opened while it is empty.
  await until(async () => {
    if (!(await notification.isVisible())) await runCommand(page, 'Notifications: Show Notifications');
    return notification.isVisible();
  }, `the notification "${text}"`);
  await notification.click();
  await notification.getByRole('button', { name: button }).click();
  await notification.waitFor({ state: 'detached' });
}
